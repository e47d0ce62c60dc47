import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Pool } from 'undici';
import { logEvent } from '../events.ts';
import { type Observe, secondsSince } from '../logging/observation.ts';
import type { ApiRoute } from '../options.ts';
import { Problem } from '../problems.ts';
import type { Bff } from '../routes/bff.ts';
import type { Session } from '../session/live-session.ts';
import { requireSession } from '../session/require-session.ts';
import type { Sessions } from '../session/sessions.ts';
import { type ApiMatch, createApiRoutes } from './api-routes.ts';
import { createFlights } from './flights.ts';
import { forward } from './forward.ts';
import { createAnswerHeaders, createUpstreamHeaders } from './forward-headers.ts';
import { createInFlightLimits } from './in-flight-limits.ts';
import { createLocations } from './location.ts';
import { parseRequestTarget } from './request-target.ts';
import { createWebSockets } from './web-socket.ts';
import { isWebSocket, requireOwnOrigin } from './web-socket-request.ts';

/** What one request is passed on with. */
interface Passage {
  readonly match: ApiMatch;
  readonly pool: Pool;
  readonly session: Session | undefined;
  readonly accessToken: string | undefined;
}

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

const createAnswerObserver = (
  observe: Observe | undefined,
  prefix: string,
): ((status: number | 'failed') => void) | undefined => {
  if (observe === undefined) return undefined;
  const start = performance.now();
  return (status) => observe({ kind: 'upstream_call', prefix, status, seconds: secondsSince(start) });
};

/** Whether the browser left while its session was read or its token refreshed: nobody would hear that it closes. */
const hasLeft = (request: FastifyRequest, reply: FastifyReply): boolean => {
  if (!reply.raw.destroyed) return false;
  reply.hijack();
  logEvent(request.log, 'client_gone', {});
  return true;
};

/** The connections to each upstream, by its origin. A server without one does not load what keeps them. */
const openPools = async (routes: readonly ApiRoute[]): Promise<ReadonlyMap<string, Pool>> => {
  if (routes.length === 0) return new Map();
  const { Pool } = await import('../undici.ts');
  const origins = new Set(routes.map(({ upstream }) => new URL(upstream).origin));
  return new Map([...origins].map((origin) => [origin, new Pool(origin, { allowH2: false })]));
};

/**
 * Passes `/api/` requests on to the configured APIs; what no route takes is `not_found`.
 *
 * @see RFC 10017 section 6.1.3.6
 */
export const registerProxy = async (
  scope: FastifyInstance,
  { options, sessions, headers: { answers } }: Pick<Bff, 'options' | 'sessions' | 'headers'>,
): Promise<void> => {
  const findRoute = createApiRoutes(options.apiRoutes);
  const pools = await openPools(options.apiRoutes);
  const translateLocation = createLocations(options.apiRoutes);
  const sockets = createWebSockets(answers, options.observe);
  const flights = createFlights();
  const limits = createInFlightLimits();
  const createHeaders = createUpstreamHeaders(options.publicUrl);

  const pass = async (
    request: FastifyRequest,
    reply: FastifyReply,
    { match: { route, origin, target }, pool, session, accessToken }: Passage,
  ): Promise<void> => {
    if (hasLeft(request, reply)) return;
    const { id: requestId, ip } = request;
    const { apiTimeout, apiMaxBody: maxBody } = options;
    const headers = createHeaders(request.headers, { requestId, ip, accessToken });
    const timeout = route.timeout ?? apiTimeout;
    const onSessionEnded = session && ((listener: () => void) => sessions.onEnded(session.id, listener));
    if (isWebSocket(request)) {
      const upgrade = { origin, target, headers, timeout };
      try {
        await sockets.open(request, reply, { ...upgrade, onSessionEnded });
      } catch (error) {
        if (!reply.sent && !hasLeft(request, reply)) throw error;
        logEvent(request.log, 'cut', { err: error });
      }
      return;
    }
    await forward(request, reply, {
      ...{ pool, target, headers, timeout, maxBody, flights, onSessionEnded },
      begin: (status, upstream) => {
        const own = createAnswerHeaders(upstream, answers.of(reply), (location) =>
          translateLocation(location, new URL(target, origin)),
        );
        answers.begin(reply, status, own);
      },
      onAnswer: createAnswerObserver(options.observe, route.prefix),
    });
  };

  const answer = async (request: FastifyRequest, reply: FastifyReply): Promise<void> => {
    const match = findRoute(parseRequestTarget(request.raw.url ?? ''));
    const pool = match && pools.get(match.origin);
    if (match === undefined || pool === undefined) throw new Problem('not_found', 'No such API');
    const { route, origin } = match;
    checkMethod(request.method, route);
    if (isWebSocket(request)) requireOwnOrigin(request, options);
    const place = limits.enter(request.raw.socket);
    // An upgraded connection has no response any more that could close.
    (isWebSocket(request) ? request.raw.socket : reply.raw).once('close', place.leave);
    const session = await findSession(sessions, request, route);
    const accessToken = session && (await sessions.accessToken(session));
    await place.start({ sessionId: session?.id, upstream: origin });
    await pass(request, reply, { match, pool, session, accessToken });
  };

  /** Only when the last answer is out: what is running at a shutdown may finish. */
  const closePools = (): void => {
    for (const pool of pools.values()) void pool.destroy();
  };

  await scope.register(async (proxy) => {
    proxy.removeAllContentTypeParsers();
    proxy.addContentTypeParser('*', (_request, _payload, done) => done(null));
    proxy.all('/api/*', answer);
    proxy.addHook('preClose', async () => {
      sockets.endAll();
      flights.cutStreams();
    });
    proxy.addHook('onClose', async ({ server }) => {
      if (server.listening) server.once('close', closePools);
      else closePools();
    });
  });
};
