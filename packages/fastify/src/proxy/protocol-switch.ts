import type { FastifyReply, FastifyRequest } from 'fastify';
import { Problem } from '../problems.ts';
import { takeHead } from '../server/socket-takeover.ts';
import { openTunnel, type Tunnel } from './web-socket-tunnel.ts';
import type { UpgradeAnswer } from './web-socket-upgrade.ts';

/** What the browser is answered, and what is done when the WebSocket has closed. */
interface ProtocolSwitch {
  readonly upstream: Extract<UpgradeAnswer, { kind: 'opened' }>;
  readonly headers: Readonly<Record<string, string | string[]>>;
  readonly onClosed: () => void;
}

const printHead = (headers: ProtocolSwitch['headers']): string =>
  `HTTP/1.1 101 Switching Protocols\r\n${Object.entries(headers)
    .flatMap(([name, value]) => [value].flat().map((one) => `${name}: ${one}\r\n`))
    .join('')}\r\n`;

/**
 * Answers 101 on the browser's connection and joins it to the upstream's.
 *
 * @throws Problem `upstream_unavailable` when the browser has left; the upstream's connection is closed then.
 */
export const switchProtocols = (
  request: FastifyRequest,
  reply: FastifyReply,
  { upstream, headers, onClosed }: ProtocolSwitch,
): Tunnel => {
  const { socket: browser } = request.raw;
  if (browser.destroyed || !browser.writable) {
    upstream.socket.destroy();
    throw new Problem('upstream_unavailable', 'The browser left before its WebSocket was open');
  }
  reply.hijack();
  reply.raw.detachSocket(browser);
  browser.setTimeout(0);
  // Messages may be far apart: keep-alive cuts only a connection whose other end is gone.
  browser.setKeepAlive(true, 60_000);
  browser.write(printHead({ ...headers, connection: 'Upgrade', upgrade: 'websocket' }), 'latin1');
  upstream.socket.unshift(upstream.head);
  browser.unshift(takeHead(request.raw));
  return openTunnel(browser, upstream.socket, onClosed);
};
