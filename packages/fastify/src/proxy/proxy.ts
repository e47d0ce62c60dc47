import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { Pool } from 'undici';
import type { Bff } from '../bff.ts';
import type { ApiRoute } from '../options.ts';
import { Problem } from '../problems.ts';
import { requireSession } from '../session/require-session.ts';
import type { Session, Sessions } from '../session/session.ts';
import { createApiRoutes } from './api-routes.ts';
import { forward } from './forward.ts';
import { createUpstreamHeaders } from './forward-headers.ts';
import { parseRequestTarget } from './request-target.ts';

const everyMethod: readonly string[] = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'];

const findSession = async (
  sessions: Sessions,
  request: FastifyRequest,
  { auth = 'required' }: ApiRoute,
): Promise<Session | undefined> => {
  if (auth === 'none') return undefined;
  return auth === 'required' ? requireSession(sessions, request) : sessions.current(request);
};

const checkMethod = (method: string, { methods = everyMethod }: ApiRoute): void => {
  if (methods.includes(method) && method !== 'TRACE') return;
  throw new Problem('method_not_allowed', `${method} is not among the methods of the route`, {
    allow: methods,
  });
};

/**
 * Passes `/api/` requests on to the configured APIs; what no route takes is `not_found`.
 *
 * @see spec section 9
 */
export const registerProxy = async (
  scope: FastifyInstance,
  { options, sessions }: Pick<Bff, 'options' | 'sessions'>,
): Promise<void> => {
  const findRoute = createApiRoutes(options.apiRoutes);
  const origins = new Set(options.apiRoutes.map(({ upstream }) => new URL(upstream).origin));
  const pools = new Map([...origins].map((origin) => [origin, new Pool(origin, { allowH2: false })]));

  const answer = async (request: FastifyRequest, reply: FastifyReply): Promise<void> => {
    const match = findRoute(parseRequestTarget(request.raw.url ?? ''));
    const pool = match && pools.get(match.origin);
    if (match === undefined || pool === undefined) throw new Problem('not_found', 'No such API');
    const { route, target } = match;
    checkMethod(request.method, route);
    const session = await findSession(sessions, request, route);
    const accessToken = session && (await sessions.accessToken(session));
    const { id: requestId, ip } = request;
    const { publicUrl, apiTimeout, apiMaxBody: maxBody } = options;
    const headers = createUpstreamHeaders(request.headers, { requestId, ip, publicUrl, accessToken });
    const stop = new AbortController();
    const stopListening =
      session &&
      sessions.onEnded(session.id, () =>
        stop.abort(new Problem('session_expired', 'The session ended while the upstream was asked')),
      );
    const timeout = route.timeout ?? apiTimeout;
    await forward(request, reply, { pool, target, headers, timeout, maxBody, stop }).finally(stopListening);
  };

  await scope.register(async (proxy) => {
    proxy.removeAllContentTypeParsers();
    proxy.addContentTypeParser('*', (_request, _payload, done) => done(null));
    proxy.all('/api/*', answer);
    proxy.addHook('onClose', async () => {
      await Promise.all([...pools.values()].map((pool) => pool.destroy()));
    });
  });
};
