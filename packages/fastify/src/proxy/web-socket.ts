import { pipeline } from 'node:stream/promises';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Observe } from '../observation.ts';
import { Problem } from '../problems.ts';
import { createAnswerHeaders } from './forward-headers.ts';
import { openTunnel, type Tunnel } from './web-socket-tunnel.ts';
import { askForUpgrade, takeHead, type UpgradeRequest } from './web-socket-upgrade.ts';

/** Closing codes of ours. @see RFC 6455 section 7.4.2 */
const sessionEnded = 4401;
const serviceRestart = 1012;

/** The WebSockets that are open at this moment. */
export interface WebSockets {
  /**
   * Opens one between the request's connection and the upstream. Settles when it is open, or, with `undefined`,
   * when the upstream's refusal has been passed on; `onClosed` is called when it is gone again.
   *
   * @throws Problem as `askForUpgrade` does.
   */
  readonly open: (
    request: FastifyRequest,
    reply: FastifyReply,
    upgrade: UpgradeRequest,
    onClosed: () => void,
  ) => Promise<Tunnel | undefined>;
  /** Tells every browser that the service restarts. */
  readonly endAll: () => void;
}

const printHead = (status: string, headers: Readonly<Record<string, string | string[]>>): string =>
  `HTTP/1.1 ${status}\r\n${Object.entries(headers)
    .flatMap(([name, value]) => [value].flat().map((one) => `${name}: ${one}\r\n`))
    .join('')}\r\n`;

/** Makes the room for open WebSockets. */
export const createWebSockets = (observe?: Observe): WebSockets => {
  const tunnels = new Set<Tunnel>();
  return {
    open: async (request, reply, upgrade, onClosed) => {
      const upstream = await askForUpgrade(upgrade);
      reply.hijack();
      const { answer } = upstream;
      const headers = createAnswerHeaders(answer.headers, reply.getHeaders(), () => undefined);
      if (upstream.kind === 'refused') {
        reply.raw.writeHead(answer.statusCode ?? 502, headers);
        await pipeline(answer, reply.raw);
        onClosed();
        return undefined;
      }
      const { socket: browser } = request.raw;
      reply.raw.detachSocket(browser);
      browser.setTimeout(0);
      browser.write(
        printHead('101 Switching Protocols', { ...headers, connection: 'Upgrade', upgrade: 'websocket' }),
      );
      upstream.socket.unshift(upstream.head);
      browser.unshift(takeHead(request.raw));
      const log = request.log;
      const tunnel = openTunnel(browser, upstream.socket, () => {
        tunnels.delete(tunnel);
        observe?.({ kind: 'stream', of: 'websocket', change: -1 });
        onClosed();
        log.info({ event: 'websocket_closed' }, 'a WebSocket is closed');
      });
      tunnels.add(tunnel);
      observe?.({ kind: 'stream', of: 'websocket', change: 1 });
      log.info({ event: 'websocket_opened', route: request.routeOptions.url }, 'a WebSocket is open');
      return tunnel;
    },
    endAll: () => {
      for (const tunnel of tunnels) tunnel.end(serviceRestart, 'The service restarts');
    },
  };
};

/** What cuts a WebSocket when its session ends. */
export const endForSession = (tunnel: Tunnel): void => tunnel.end(sessionEnded, 'The session ended');

/** The Origin of a WebSocket is one of ours, if a browser sent one. @see RFC 6455 section 10.2 */
export const requireOwnOrigin = (
  { headers: { origin } }: FastifyRequest,
  { publicUrl, allowedOrigins }: { readonly publicUrl: string; readonly allowedOrigins: readonly string[] },
): void => {
  if (origin === undefined || origin === publicUrl || allowedOrigins.includes(origin)) return;
  throw new Problem('cross_site_request', 'A WebSocket was opened from another origin');
};
