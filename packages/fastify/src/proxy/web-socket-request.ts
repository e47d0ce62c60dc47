import type { IncomingHttpHeaders } from 'node:http';
import type { FastifyRequest } from 'fastify';
import { Problem } from '../problems.ts';

/** The part of a request that tells what it asks for. */
interface Asking {
  readonly method?: string | undefined;
  readonly headers: IncomingHttpHeaders;
}

/** Whether a request asks for a WebSocket: with a body, which an upgrade would lose, it does not. @see RFC 6455 section 4.1 */
export const isWebSocket = ({ method, headers }: Asking): boolean =>
  method === 'GET' &&
  headers.upgrade?.toLowerCase() === 'websocket' &&
  headers['transfer-encoding'] === undefined &&
  Number(headers['content-length'] ?? 0) === 0;

/** The Origin of a WebSocket is one of ours, if a browser sent one. @see RFC 6455 section 10.2 */
export const requireOwnOrigin = (
  { headers: { origin } }: FastifyRequest,
  { publicUrl, allowedOrigins }: { readonly publicUrl: string; readonly allowedOrigins: readonly string[] },
): void => {
  if (origin === undefined || origin === publicUrl || allowedOrigins.includes(origin)) return;
  throw new Problem('cross_site_request', 'A WebSocket was opened from another origin');
};
