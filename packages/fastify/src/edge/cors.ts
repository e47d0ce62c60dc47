import { paths } from '@foyer/contract';
import type { FastifyInstance } from 'fastify';
import type { ResolvedOptions } from '../options.ts';

const methods = 'GET, HEAD, POST, PUT, PATCH, DELETE';

/**
 * Answers preflights and marks every answer for the configured SPA origins: exact match, with credentials.
 * Without `allowedOrigins` there is no CORS at all, and none where providers call, not browsers.
 *
 * @see Fetch Standard, CORS protocol; OpenID Connect Back-Channel Logout section 2.5
 */
export const addCors = (scope: FastifyInstance, { allowedOrigins }: ResolvedOptions): void => {
  if (allowedOrigins.length === 0) return;
  scope.addHook('onRequest', async (request, reply) => {
    if (request.routeOptions.url === paths.backchannelLogout) return;
    reply.header('vary', 'Origin');
    const { origin } = request.headers;
    if (origin === undefined || !allowedOrigins.includes(origin)) return;
    reply.headers({
      'access-control-allow-origin': origin,
      'access-control-allow-credentials': 'true',
      'access-control-expose-headers': 'X-Request-Id, Retry-After',
    });
    if (request.method !== 'OPTIONS' || request.headers['access-control-request-method'] === undefined)
      return;
    const requested = request.headers['access-control-request-headers'];
    reply.headers({ 'access-control-allow-methods': methods, 'access-control-max-age': '600' });
    if (requested !== undefined) reply.header('access-control-allow-headers', requested);
    return reply.code(204).send();
  });
};
