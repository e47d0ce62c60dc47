import type { FastifyRequest } from 'fastify';
import type { ResolvedOptions } from '../options.ts';
import { Problem } from '../problems.ts';
import { isTakenOver } from '../server/socket-takeover.ts';

/** Whether a request opens a WebSocket. The server's `upgrade` event decides it; headers alone do not. */
export const isWebSocket = ({ raw }: Pick<FastifyRequest, 'raw'>): boolean => isTakenOver(raw);

/** Whether anything behind the BFF can answer a WebSocket. */
export const takesWebSockets = ({ apiRoutes, spa }: Pick<ResolvedOptions, 'apiRoutes' | 'spa'>): boolean =>
  apiRoutes.length > 0 || (spa !== undefined && 'devServer' in spa);

/** The Origin of a WebSocket is one of ours, if a browser sent one. @see RFC 6455 section 10.2 */
export const requireOwnOrigin = (
  { headers: { origin } }: FastifyRequest,
  { publicOrigin, allowedOrigins }: Pick<ResolvedOptions, 'publicOrigin' | 'allowedOrigins'>,
): void => {
  if (origin === undefined || origin === publicOrigin || allowedOrigins.includes(origin)) return;
  throw new Problem('cross_site_request', 'A WebSocket was opened from another origin');
};
