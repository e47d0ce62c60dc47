import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Bff } from '../bff.ts';
import { requireOwnOrigin } from '../browser-security/cross-site.ts';
import { createSecurityHeaders } from '../browser-security/response-headers.ts';
import { Problem } from '../problems.ts';
import { isWebSocket } from '../server/socket-takeover.ts';
import { requireMet } from '../session/requirement.ts';
import type { Session } from '../session/session-record.ts';
import { createAnswerHeaders, createLocations, type OwnHeaders } from './answer-headers.ts';
import { type ApiMatch, createApiRoutes } from './api-routes.ts';
import { forward, hasLeft } from './forward.ts';
import { createInFlightLimits, inFlightNumbers } from './in-flight-limits.ts';
import { createPreparedCalls } from './prepared-call.ts';
import { parseRequestTarget } from './request-target.ts';
import { cutCall, type ForwardContext } from './running-call.ts';
import { openUpstreamPools } from './upstream-pools.ts';
import { createWebSockets } from './web-socket.ts';

type ProxyBff = Pick<Bff, 'options' | 'sessions' | 'accessTokens' | 'providers'>;

/** The headers that an answer has beside those of the upstream. */
const createOwnHeaders = ({ options }: ProxyBff): OwnHeaders => {
  const security = createSecurityHeaders(options);
  return (reply) => Object.assign(reply.getHeaders(), security, { 'x-request-id': reply.request.id });
};

/**
 * The session that a route is called with, if any.
 *
 * @throws Problem `session_expired` or `unauthenticated` where the route requires one; `forbidden` or `step_up_required`
 * where it requires more of it.
 */
const readSession = async (
  { sessions, options }: ProxyBff,
  request: FastifyRequest,
  { auth = 'required', require }: ApiMatch['route'],
): Promise<Session | undefined> => {
  if (auth === 'none') return undefined;
  if (auth === 'optional' && require === undefined) return sessions.current(request);
  const session = await sessions.require(request);
  if (require !== undefined) requireMet(session, require, options);
  return session;
};

const createProxy = async (bff: ProxyBff) => {
  const { options, providers } = bff;
  const { apiRoutes, basePath, observe } = options;
  const findRoute = createApiRoutes(apiRoutes, basePath);
  const translateLocation = createLocations(apiRoutes, basePath);
  const ownHeaders = createOwnHeaders(bff);
  const limits = createInFlightLimits();
  const calls = createPreparedCalls(bff);
  const sockets = createWebSockets({ calls, ownHeaders, observe, currentTls: providers.tlsIdentity });
  const context: ForwardContext = {
    ...{ calls, observe, maxBodyBytes: options.apiMaxBody, openStreams: new Set() },
    pools: await openUpstreamPools(apiRoutes, inFlightNumbers.perUpstream, providers.tlsIdentity),
    createAnswerHeaders: (reply, { match: { origin, target } }, { status, upstream }) =>
      createAnswerHeaders(upstream, {
        ...{ given: ownHeaders(reply), status },
        translate: (location) => translateLocation(location, new URL(target, origin)),
      }),
  };

  const requireRoute = (request: FastifyRequest): ApiMatch => {
    const match = findRoute(parseRequestTarget(request.raw.url ?? ''), request.method);
    if (match === undefined) throw new Problem('not_found', 'No such API');
    if (isWebSocket(request)) requireOwnOrigin(request, options);
    return match;
  };

  const answer = async (request: FastifyRequest, reply: FastifyReply): Promise<void> => {
    // A browser that left while hooks of the host ran closes only once: its place would never be free again.
    if (hasLeft(reply)) return;
    const match = requireRoute(request);
    const isUpgrade = isWebSocket(request);
    const place = limits.enter(request.raw.socket);
    // An upgraded connection has no response any more that could close.
    (isUpgrade ? request.raw.socket : reply.raw).on('close', place.leave);
    const session = await readSession(bff, request, match.route);
    const token = await bff.accessTokens.find(session, match.requested);
    const headers = await calls.createHeaders({ request, match, session }, token);
    await place.start({ sessionId: session?.id, upstream: match.origin, isWebSocket: isUpgrade });
    // If the browser left while its session was read or its token refreshed, its closing was missed.
    if (hasLeft(reply)) return;
    const call = { request, match, session, token, headers };
    if (isUpgrade) await sockets.open(call, reply);
    else await forward(context, call, reply);
  };

  return { answer, context, endSockets: sockets.endAll };
};

/**
 * Passes `/api/` requests on to the configured APIs; what no route takes is `not_found`.
 *
 * @see RFC 10017 section 6.1.3.6
 */
export const registerProxy = async (scope: FastifyInstance, bff: ProxyBff): Promise<void> => {
  const { answer, context, endSockets } = await createProxy(bff);
  const { pools, openStreams } = context;
  await scope.register(async (proxy) => {
    proxy.removeAllContentTypeParsers();
    proxy.addContentTypeParser('*', (_request, _payload, done) => done(null));
    proxy.all('/api/*', answer);
    proxy.addHook('preClose', async () => {
      endSockets();
      for (const stream of openStreams) cutCall(stream, new Error('The server closes'));
    });
    // Only when the last answer is out: what is running at a shutdown may finish.
    proxy.addHook('onClose', async ({ server }) => {
      if (server.listening) server.once('close', pools.close);
      else pools.close();
    });
  });
};
