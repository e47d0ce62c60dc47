import { paths } from '@foyer/contract';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { ResolvedOptions } from '../options.ts';

const methods = 'GET, HEAD, POST, PUT, PATCH, DELETE';

const isPreflight = ({ method, headers }: FastifyRequest): boolean =>
  method === 'OPTIONS' && headers['access-control-request-method'] !== undefined;

/**
 * Marks an answer for the configured SPA origins: exact match, with credentials. A preflight of theirs it answers, and
 * gives back `true`.
 *
 * @see Fetch Standard, CORS protocol
 */
export const createCors =
  ({ allowedOrigins }: Pick<ResolvedOptions, 'allowedOrigins'>) =>
  (request: FastifyRequest, reply: FastifyReply): boolean => {
    if (allowedOrigins.length === 0) return false;
    reply.header('vary', 'Origin');
    const { origin } = request.headers;
    if (origin === undefined || !allowedOrigins.includes(origin)) return false;
    reply.headers({
      'access-control-allow-origin': origin,
      'access-control-allow-credentials': 'true',
      'access-control-expose-headers': 'X-Request-Id, Retry-After',
    });
    if (!isPreflight(request)) return false;
    const requested = request.headers['access-control-request-headers'];
    reply.headers({ 'access-control-allow-methods': methods, 'access-control-max-age': '600' });
    if (requested !== undefined) reply.header('access-control-allow-headers', requested);
    reply.code(204).send();
    return true;
  };

/**
 * Does so with every answer of the scope. Without `allowedOrigins` there is no CORS at all, and none where providers
 * call, not browsers.
 *
 * @see OpenID Connect Back-Channel Logout section 2.5
 */
export const addCors = (scope: FastifyInstance, options: ResolvedOptions): void => {
  if (options.allowedOrigins.length === 0) return;
  const answerCors = createCors(options);
  scope.addHook('onRequest', (request, reply, done) => {
    if (request.routeOptions.url === paths.backchannelLogout || !answerCors(request, reply)) done();
  });
};
