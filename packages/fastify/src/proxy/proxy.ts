import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Bff } from '../bff.ts';
import { requireOwnOrigin } from '../browser-security/cross-site.ts';
import { createSecurityHeaders } from '../browser-security/response-headers.ts';
import { logEvent } from '../events.ts';
import { type Observe, secondsSince } from '../logging/observation.ts';
import type { ApiRoute } from '../options.ts';
import { Problem } from '../problems.ts';
import { isWebSocket } from '../server/socket-takeover.ts';
import { requireMet } from '../session/requirement.ts';
import type { Session } from '../session/session-record.ts';
import { createAnswerHeaders, type OwnHeaders } from './answer-headers.ts';
import { type ApiMatch, createApiRoutes } from './api-routes.ts';
import { type Forwarding, forward } from './forward.ts';
import { createInFlightLimits, inFlightNumbers } from './in-flight-limits.ts';
import { createLocations } from './location.ts';
import { createPreparation, type PreparedCall } from './prepared-call.ts';
import { parseRequestTarget } from './request-target.ts';
import { openUpstreamPools, type UpstreamPools } from './upstream-pools.ts';
import { createWebSockets, type WebSockets } from './web-socket.ts';

const createAnswerObserver = (observe: Observe | undefined, prefix: string): Forwarding['onAnswer'] => {
  if (observe === undefined) return undefined;
  const start = performance.now();
  return (status) => observe({ kind: 'upstream_call', prefix, status, seconds: secondsSince(start) });
};

/** Whether the browser left while its session was read or its token refreshed: its closing was missed. */
const hasLeft = (request: FastifyRequest, reply: FastifyReply): boolean => {
  if (!reply.raw.destroyed) return false;
  reply.hijack();
  logEvent(request.log, 'client_gone', {});
  return true;
};

type ProxyBff = Pick<Bff, 'options' | 'sessions' | 'accessTokens' | 'providers'>;

/** Makes what sends a call on, and cuts the event streams that are open when the server closes. */
const createCallForwarder = ({ options }: ProxyBff, pools: UpstreamPools, ownHeaders: OwnHeaders) => {
  const translateLocation = createLocations(options.apiRoutes, options.basePath);
  const openStreams = new Set<() => void>();
  return {
    forwardCall: async (reply: FastifyReply, { route, origin, target }: ApiMatch, prepared: PreparedCall) => {
      const pool = pools.get(origin);
      if (pool === undefined) throw new Problem('not_found', 'No such upstream');
      await forward(reply.request, reply, {
        ...prepared,
        ...{ pool, openStreams, maxBodyBytes: options.apiMaxBody, timeoutMs: prepared.timeout * 1000 },
        createAnswerHeaders: (status, upstream) => {
          prepared.onHead({ status, upstream });
          return createAnswerHeaders(upstream, {
            given: ownHeaders(reply),
            status,
            translate: (location) => translateLocation(location, new URL(target, origin)),
          });
        },
        onAnswer: createAnswerObserver(options.observe, route.prefix),
      });
    },
    cutStreams: (): void => {
      for (const cut of openStreams) cut();
    },
  };
};

/** The headers that an answer has beside those of the upstream. */
const createOwnHeaders = ({ options }: ProxyBff): OwnHeaders => {
  const security = createSecurityHeaders(options);
  return (reply) => ({ ...reply.getHeaders(), ...security, 'x-request-id': reply.request.id });
};

/** A failure after the connection has been taken over is only logged: it can no longer be answered. */
const openWebSocket = async (
  sockets: WebSockets,
  reply: FastifyReply,
  upgrade: Parameters<WebSockets['open']>[2],
): Promise<void> => {
  try {
    await sockets.open(reply.request, reply, upgrade);
  } catch (error) {
    if (!reply.sent && !hasLeft(reply.request, reply)) throw error;
    logEvent(reply.request.log, 'cut', { err: error });
  }
};

/**
 * The session that a route is called with, if any.
 *
 * @throws Problem `session_expired` or `unauthenticated` where the route requires one; `forbidden` or `step_up_required`
 * where it requires more of it.
 */
const readSession = async (
  { sessions, options }: Pick<Bff, 'sessions' | 'options'>,
  request: FastifyRequest,
  { auth = 'required', require }: ApiRoute,
): Promise<Session | undefined> => {
  if (auth === 'none') return undefined;
  if (auth === 'optional' && require === undefined) return sessions.current(request);
  const session = await sessions.require(request);
  if (require !== undefined) requireMet(session, require, options);
  return session;
};

const createProxy = async (bff: ProxyBff) => {
  const { options } = bff;
  const findRoute = createApiRoutes(options.apiRoutes, options.basePath);
  const pools = await openUpstreamPools(
    options.apiRoutes,
    inFlightNumbers.perUpstream,
    bff.providers.tlsIdentity,
  );
  const ownHeaders = createOwnHeaders(bff);
  const sockets = createWebSockets(ownHeaders, options.observe);
  const limits = createInFlightLimits();
  const prepare = createPreparation(bff);
  const { forwardCall, cutStreams } = createCallForwarder(bff, pools, ownHeaders);

  const requireRoute = (request: FastifyRequest): ApiMatch => {
    const match = findRoute(parseRequestTarget(request.raw.url ?? ''), request.method);
    if (match === undefined) throw new Problem('not_found', 'No such API');
    if (isWebSocket(request)) requireOwnOrigin(request, options);
    return match;
  };

  const answer = async (request: FastifyRequest, reply: FastifyReply): Promise<void> => {
    const match = requireRoute(request);
    const { route, origin } = match;
    const isUpgrade = isWebSocket(request);
    const place = limits.enter(request.raw.socket);
    // An upgraded connection has no response any more that could close.
    (isUpgrade ? request.raw.socket : reply.raw).once('close', place.leave);
    const session = await readSession(bff, request, route);
    const prepared = await prepare(request, match, session);
    await place.start({ sessionId: session?.id, upstream: origin, isWebSocket: isUpgrade });
    if (hasLeft(request, reply)) return;
    if (isUpgrade)
      await openWebSocket(sockets, reply, { ...prepared, origin, tls: bff.providers.tlsIdentity() });
    else await forwardCall(reply, match, prepared);
  };

  return {
    answer,
    closePools: pools.close,
    endStreams: () => {
      sockets.endAll();
      cutStreams();
    },
  };
};

/**
 * Passes `/api/` requests on to the configured APIs; what no route takes is `not_found`.
 *
 * @see RFC 10017 section 6.1.3.6
 */
export const registerProxy = async (scope: FastifyInstance, bff: ProxyBff): Promise<void> => {
  const { answer, endStreams, closePools } = await createProxy(bff);
  await scope.register(async (proxy) => {
    proxy.removeAllContentTypeParsers();
    proxy.addContentTypeParser('*', (_request, _payload, done) => done(null));
    proxy.all('/api/*', answer);
    proxy.addHook('preClose', async () => endStreams());
    // Only when the last answer is out: what is running at a shutdown may finish.
    proxy.addHook('onClose', async ({ server }) => {
      if (server.listening) server.once('close', closePools);
      else closePools();
    });
  });
};
