import type { IncomingHttpHeaders } from 'node:http';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { isLoopbackHost } from '../options/urls.ts';
import type { ResolvedOptions } from '../options.ts';
import { Problem } from '../problems.ts';
import { isWebSocket } from '../server/socket-takeover.ts';
import { createDevWebSockets } from './dev-web-socket.ts';

const withheld = new Set(['cookie', 'authorization', 'upgrade', 'connection']);

/** Whether a browser that is here on purpose names us so: by the public URL, or as this machine. */
const isOurName = (host: string | undefined, publicOrigin: string): boolean =>
  host === new URL(publicOrigin).host || isLoopbackHost(URL.parse(`http://${host}`)?.hostname ?? '');

/**
 * What the dev server gets to see: nobody's credentials, and its own name, since it refuses others. A foreign name stays:
 * it may be one that another site has led to this machine, against which dev servers have a rule.
 */
const createRewriter =
  ({ host, origin }: URL, publicOrigin: string) =>
  (
    { headers: sent }: Pick<FastifyRequest, 'headers'>,
    headers: IncomingHttpHeaders,
  ): IncomingHttpHeaders => ({
    ...Object.fromEntries(Object.entries(headers).filter(([name]) => !withheld.has(name))),
    host: isOurName(sent.host, publicOrigin) ? host : sent.host,
    ...(headers.origin === undefined ? {} : { origin }),
  });

/** What the browser gets to see of the dev server's headers: none that open the origin or replace ours. */
const keepOwnHeaders = <Headers extends object>(headers: Headers, reply: FastifyReply): Headers => {
  for (const name of Object.keys(headers)) {
    if (name.startsWith('access-control-') || reply.hasHeader(name)) Reflect.deleteProperty(headers, name);
  }
  return headers;
};

const requireOutsideApi = (url: string, basePath: string): void => {
  if (url.split('?', 1)[0] === `${basePath}/api`) throw new Problem('not_found', 'No such API');
};

/** The package is an optional peer: only those who develop with a dev server install it. */
const loadHttpProxy = async (): Promise<typeof import('@fastify/http-proxy')['default']> => {
  try {
    return (await import('@fastify/http-proxy')).default;
  } catch (cause) {
    throw new Error(
      'A dev server needs the package @fastify/http-proxy: add it with `npm install @fastify/http-proxy`',
      { cause },
    );
  }
};

/**
 * Passes everything that no other route takes, WebSockets too, on to the dev server at `devServer`, which serves the pages
 * below the same path.
 *
 * @throws Problem `upstream_unavailable`, at a request, when the dev server cannot be reached.
 */
export const registerDevServer = async (
  scope: FastifyInstance,
  devServer: string,
  { publicOrigin, basePath }: Pick<ResolvedOptions, 'publicOrigin' | 'basePath'>,
): Promise<void> => {
  const target = new URL(devServer);
  const rewriteRequestHeaders = createRewriter(target, publicOrigin);
  const sockets = createDevWebSockets(target.origin);
  scope.addHook('preClose', async () => sockets.endAll());
  await scope.register(await loadHttpProxy(), {
    upstream: target.origin,
    ...(basePath !== '' && { rewritePrefix: basePath }),
    // `OPTIONS /*` is the route of a host's @fastify/cors.
    httpMethods: ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE'],
    disableRequestLogging: true,
    replyOptions: {
      rewriteRequestHeaders,
      retryDelay: () => null,
      onError: (reply, { error }) => {
        reply.send(
          new Problem('upstream_unavailable', 'The dev server of SPA_DEV_SERVER cannot be reached', {
            cause: error,
            title: 'The dev server cannot be reached',
            detail: 'Start the dev server, then reload.',
          }),
        );
      },
    },
    handler: async (request, reply, ...[dest, options]) => {
      requireOutsideApi(request.url, basePath);
      if (isWebSocket(request))
        return sockets.open(request, reply, rewriteRequestHeaders(request, request.headers));
      const { rewriteHeaders } = options;
      return reply.from(dest, {
        ...options,
        rewriteHeaders: (headers, asked) =>
          keepOwnHeaders(rewriteHeaders?.(headers, asked) ?? headers, reply),
      });
    },
  });
};
