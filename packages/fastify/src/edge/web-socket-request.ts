import type { IncomingHttpHeaders } from 'node:http';

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
