import { paths } from '@foyer/contract';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { ResolvedOptions } from '../options.ts';

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
const isAllowed = (request: FastifyRequest, { allowedOrigins }: CorsOptions): boolean => {
  const { origin } = request.headers;
  if (origin === undefined || !allowedOrigins.includes(origin)) return false;
  return !request.routeOptions.url?.endsWith(paths.backchannelLogout);
};

/** Adds a request header that the answer depends on to those that CORS or the host have named. */
export const addVary = (reply: FastifyReply, name: string): FastifyReply => {
  const given = reply.getHeader('vary');
  return reply.header('vary', given === undefined ? name : `${String(given)}, ${name}`);
};

/** Puts our rule in place of what the host's own CORS has said: it may allow origins that must not read a session. */
const setHeaders = (request: FastifyRequest, reply: FastifyReply, options: CorsOptions): void => {
  // Without that one, the others have no effect.
  if (reply.hasHeader(allowOrigin)) for (const name of names) reply.removeHeader(name);
  if (!isAllowed(request, options)) return;
  reply.header(allowOrigin, request.headers.origin).headers(answerHeaders);
  if (!isPreflight(request)) return;
  reply.headers(preflightHeaders);
  const requested = request.headers['access-control-request-headers'];
  if (requested !== undefined) reply.header(allowHeaders, requested);
};

/** The CORS rule of our own answers. */
interface Cors {
  /** At the beginning of a request. Answers the preflight of a configured origin, and then returns `true`. */
  readonly answer: (request: FastifyRequest, reply: FastifyReply) => boolean;
  /** Before an answer is sent: the host's CORS may have answered before this scope, or in a later hook. */
  readonly setHeaders: (request: FastifyRequest, reply: FastifyReply) => void;
}

/**
 * Makes the rule for the configured SPA origins: exact match, with credentials. @fastify/cors cannot do it: its decorator
 * and its `OPTIONS` route collide with those of a host that registered it.
 *
 * @see Fetch Standard, CORS protocol
 */
export const createCors = (options: CorsOptions): Cors => ({
  answer: (request, reply) => {
    setHeaders(request, reply, options);
    if (options.allowedOrigins.length === 0) return false;
    addVary(reply, 'Origin');
    if (!isPreflight(request) || !isAllowed(request, options)) return false;
    reply.code(204).send();
    return true;
  },
  setHeaders: (request, reply) => setHeaders(request, reply, options),
});
