import type { IncomingHttpHeaders } from 'node:http';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { isLoopbackHost } from '../options/urls.ts';
import type { ResolvedOptions } from '../options.ts';
import { Problem } from '../problems.ts';
import { type HeaderValues, pickHeaders } from '../proxy/hop-by-hop.ts';
import { switchProtocols, type Tunnel } from '../proxy/web-socket-tunnel.ts';
import { askForUpgrade } from '../proxy/web-socket-upgrade.ts';
import { isWebSocket } from '../server/socket-takeover.ts';

const withheld = new Set(['cookie', 'authorization', 'upgrade', 'connection']);

/** Whether a browser that is here on purpose names us so: by the public URL, or as this machine. */
const isOurName = (host: string, publicOrigin: string): boolean =>
  host === new URL(publicOrigin).host || isLoopbackHost(URL.parse(`http://${host}`)?.hostname ?? '');

/**
 * What the dev server gets to see: no credentials, and its own name, since it refuses others. A foreign name stays:
 * it may be one that another site has led to this machine, against which dev servers have a rule.
 */
const createRewriter =
  ({ host, origin }: URL, publicOrigin: string) =>
  ({ headers: sent }: Pick<FastifyRequest, 'headers'>, headers: IncomingHttpHeaders): HeaderValues => ({
    ...pickHeaders(headers, (name) => !withheld.has(name)),
    host: sent.host === undefined || isOurName(sent.host, publicOrigin) ? host : sent.host,
    ...(headers.origin === undefined ? {} : { origin }),
  });

/** What the browser gets to see of the dev server's headers: none that open the origin or replace ours. */
const keepOwnHeaders = (headers: IncomingHttpHeaders, reply: FastifyReply): HeaderValues =>
  pickHeaders(headers, (name) => !name.startsWith('access-control-') && !reply.hasHeader(name));

/** How long the dev server may take to answer. */
const answerTimeoutMs = 30_000;

/** Makes the set of open WebSockets to the dev server at `origin`. */
const createDevWebSockets = (origin: string) => {
  const tunnels = new Set<Tunnel>();
  return {
    /** Opens one between the request's connection and the dev server, or sends the dev server's refusal. */
    open: async (
      request: FastifyRequest,
      reply: FastifyReply,
      headers: HeaderValues,
    ): Promise<FastifyReply> => {
      const stop = new AbortController();
      reply.raw.once('close', () => stop.abort());
      const upstream = await askForUpgrade({
        ...{ origin, target: request.url, headers, signal: stop.signal },
        timeoutMs: answerTimeoutMs,
      });
      const answer = keepOwnHeaders(upstream.answer.headers, reply);
      if (upstream.kind === 'refused') {
        const { connection: _connection, 'transfer-encoding': _framing, ...kept } = answer;
        return reply
          .code(upstream.answer.statusCode ?? 502)
          .headers(kept)
          .send(upstream.answer);
      }
      const tunnel = switchProtocols(request, reply, {
        ...{ upstream, headers: answer },
        onClosed: () => tunnels.delete(tunnel),
      });
      tunnels.add(tunnel);
      return reply;
    },
    endAll: () => {
      for (const tunnel of tunnels) tunnel.end(1012, 'The service restarts');
    },
  };
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
      const [path] = request.url.split('?', 1);
      if (path === `${basePath}/api`) throw new Problem('not_found', 'No such API');
      // Vite has no page at its base without the slash.
      if (path === basePath) return reply.redirect(request.url.replace(basePath, `${basePath}/`), 303);
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
