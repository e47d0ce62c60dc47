import type { FastifyRequest } from 'fastify';
import type { ResolvedOptions } from '../options.ts';
import { Problem } from '../problems.ts';

/** The Origin of a WebSocket is one of ours, if a browser sent one. @see RFC 6455 section 10.2 */
export const requireOwnOrigin = (
  { headers: { origin } }: FastifyRequest,
  { publicOrigin, allowedOrigins }: Pick<ResolvedOptions, 'publicOrigin' | 'allowedOrigins'>,
): void => {
  if (origin === undefined || origin === publicOrigin || allowedOrigins.includes(origin)) return;
  throw new Problem('cross_site_request', 'A WebSocket was opened from another origin');
};
