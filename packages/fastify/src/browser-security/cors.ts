import { paths } from '@foyer/contract';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { ResolvedOptions } from '../options.ts';
import { addVary } from './vary.ts';

const allowOrigin = 'access-control-allow-origin';
const allowHeaders = 'access-control-allow-headers';
const preflightHeaders = {
  'access-control-allow-methods': 'GET, HEAD, POST, PUT, PATCH, DELETE',
  'access-control-max-age': '600',
};
const answerHeaders = {
  'access-control-allow-credentials': 'true',
  'access-control-expose-headers': 'X-Request-Id, Retry-After',
};
const names = [allowOrigin, allowHeaders, ...Object.keys({ ...preflightHeaders, ...answerHeaders })];

type CorsOptions = Pick<ResolvedOptions, 'allowedOrigins'>;

const isPreflight = ({ method, headers }: FastifyRequest): boolean =>
  method === 'OPTIONS' && headers['access-control-request-method'] !== undefined;

/** Back-channel logout is called by providers, not by browsers. @see OpenID Connect Back-Channel Logout section 2.5 */
const isAllowed = ({ headers, routeOptions }: FastifyRequest, { allowedOrigins }: CorsOptions): boolean =>
  headers.origin !== undefined &&
  allowedOrigins.includes(headers.origin) &&
  !routeOptions.url?.endsWith(paths.backchannelLogout);

/** Puts our rule in place of what the host's own CORS has said: it may allow origins that must not read a session. */
const setHeaders = (request: FastifyRequest, reply: FastifyReply, options: CorsOptions): void => {
  for (const name of names) if (reply.hasHeader(name)) reply.removeHeader(name);
  if (!isAllowed(request, options)) return;
  reply.header(allowOrigin, request.headers.origin).headers(answerHeaders);
  if (!isPreflight(request)) return;
  reply.headers(preflightHeaders);
  const requested = request.headers['access-control-request-headers'];
  if (requested !== undefined) reply.header(allowHeaders, requested);
};

/**
 * Marks an answer for the configured SPA origins: exact match, with credentials. Answers their preflight, and then
 * returns `true`.
 *
 * @see Fetch Standard, CORS protocol
 */
export const createCors =
  (options: CorsOptions) =>
  (request: FastifyRequest, reply: FastifyReply): boolean => {
    setHeaders(request, reply, options);
    if (options.allowedOrigins.length === 0) return false;
    addVary(reply, 'Origin');
    if (!isPreflight(request) || !isAllowed(request, options)) return false;
    reply.code(204).send();
    return true;
  };

/**
 * Applies the rule to every answer of the scope. @fastify/cors cannot do it: its decorator and its `OPTIONS` route
 * collide with those of a host that registered it.
 */
export const addCors = (scope: FastifyInstance, options: CorsOptions): void => {
  const answerCors = createCors(options);
  scope.addHook('onRequest', (request, reply, done) => {
    if (!answerCors(request, reply)) done();
  });
  // The host's CORS may answer a preflight before this scope, or run in a later hook.
  scope.addHook('onSend', (request, reply, _payload, done) => {
    setHeaders(request, reply, options);
    done();
  });
};
