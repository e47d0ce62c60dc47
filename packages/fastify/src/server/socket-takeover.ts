import { type IncomingHttpHeaders, type IncomingMessage, ServerResponse } from 'node:http';
import { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { logEvent } from '../events.ts';
import { isAnswering, watchAnswers } from './answers-in-flight.ts';

/** The part of a request that says what it asks for. */
interface RequestHead {
  readonly method?: string | undefined;
  readonly headers: IncomingHttpHeaders;
}

/** What stops the reading after an upgrade request, and returns the bytes that came. */
const heads = new WeakMap<IncomingMessage, () => Buffer>();
const guarded = new WeakSet<object>();

/** Milliseconds without a byte after which a refused upgrade is cut where the server sets no time of its own. */
const idleTimeoutMs = 120_000;

const hasBody = ({ headers }: RequestHead): boolean =>
  headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) !== 0;

/** Whether a request asks for a WebSocket: with a body, which an upgrade would lose, it does not. @see RFC 6455 section 4.1 */
export const asksForWebSocket = (request: RequestHead): boolean =>
  request.method === 'GET' && request.headers.upgrade?.toLowerCase() === 'websocket' && !hasBody(request);

/** Whether a request opens a WebSocket: by the server's `upgrade` event, which took its connection out of HTTP. */
export const isWebSocket = ({ raw }: Pick<FastifyRequest, 'raw'>): boolean => heads.has(raw);

/** Takes the bytes that the browser sent after its upgrade request, before the answer; most send none. */
export const takeHead = (raw: IncomingMessage): Buffer => heads.get(raw)?.() ?? Buffer.alloc(0);

/** Bytes that a browser may send before it is answered. */
const maxEarlyBytes = 64 * 1024;

/** Reads on while the answer is awaited: only a connection that is read says that the browser has left. */
const readEarlyBytes = (socket: Duplex, head: Buffer): (() => Buffer) => {
  const pieces = [head];
  let size = head.length;
  const keep = (bytes: Buffer): void => {
    pieces.push(bytes);
    size += bytes.length;
    if (size > maxEarlyBytes) socket.destroy();
  };
  const leave = (): void => void socket.destroy();
  socket.on('data', keep).once('end', leave);
  return () => {
    socket.pause();
    socket.off('data', keep).off('end', leave);
    return Buffer.concat(pieces);
  };
};

/** Gives the request a response of its own on the connection, and sends it to the routes. */
const route = (app: FastifyInstance, raw: IncomingMessage, socket: Socket): void => {
  const response = new ServerResponse(raw);
  response.on('error', () => socket.destroy());
  response.shouldKeepAlive = false;
  response.assignSocket(socket);
  response.once('finish', () => socket.destroySoon());
  // Node ends idle HTTP connections only.
  socket.setTimeout(app.server.timeout || idleTimeoutMs);
  socket.on('timeout', () => {
    if (response.headersSent) socket.destroy();
  });
  app.routing(raw, response);
};

/**
 * Sends upgrade requests to the routes, so that the same hooks guard them as any other request. It is the one way in which a
 * connection leaves HTTP: the error listener comes first, nothing that is thrown gets out, and an upgrade behind another
 * answer that is still under way is refused by closing the connection.
 */
export const routeUpgrades = (app: FastifyInstance): void => {
  if (guarded.has(app.server)) return;
  guarded.add(app.server);
  watchAnswers(app.server);
  app.server.prependListener('upgrade', (raw: IncomingMessage, socket: Duplex, head: Buffer) => {
    socket.on('error', () => socket.destroy());
    try {
      if (!(socket instanceof Socket) || isAnswering(socket) || hasBody(raw)) {
        socket.destroy();
        return;
      }
      if (asksForWebSocket(raw)) heads.set(raw, readEarlyBytes(socket, head));
      // Another plugin that listens too (@fastify/websocket) sends the request to the routes itself.
      if (app.server.listenerCount('upgrade') === 1) route(app, raw, socket);
    } catch (error) {
      socket.destroy();
      logEvent(app.log, 'cut', { err: error });
    }
  });
};
