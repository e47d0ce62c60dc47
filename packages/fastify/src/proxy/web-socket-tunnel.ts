import type { Duplex } from 'node:stream';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Problem } from '../problems.ts';
import { takeHead } from '../server/socket-takeover.ts';
import type { HeaderValues } from './hop-by-hop.ts';
import type { UpgradeAnswer } from './web-socket-upgrade.ts';

const lengthBytes = (second: number): number => {
  const short = second & 0x7f;
  return short === 127 ? 8 : short === 126 ? 2 : 0;
};

/** Follows the frames of a peer, to know where one of ours may be put between two. @see RFC 6455 section 5.2 */
const createFrameReader = () => {
  let header: number[] = [];
  let payload = 0;

  /** One byte of a header; when it is whole, the payload it announces is what is left to pass. */
  const readHeader = (byte: number): void => {
    header.push(byte);
    const [, second] = header;
    if (second === undefined) return;
    const mask = second & 0x80 ? 4 : 0;
    const extended = lengthBytes(second);
    if (header.length < 2 + extended + mask) return;
    const long = header.slice(2, 2 + extended).reduce((length, part) => length * 256 + part, 0);
    payload = extended === 0 ? second & 0x7f : long;
    header = [];
  };
  const isBetweenFrames = (): boolean => header.length === 0 && payload === 0;
  return {
    isBetweenFrames,
    /** Reads all the bytes, or those of the frame that is under way: `until` it ends. Returns how many were read. */
    read: (bytes: Uint8Array, until: 'end' | 'frame'): number => {
      let at = 0;
      while (at < bytes.length && !(until === 'frame' && isBetweenFrames())) {
        const skipped = Math.min(payload, bytes.length - at);
        payload -= skipped;
        at += skipped;
        if (skipped > 0) continue;
        readHeader(bytes[at] ?? 0);
        at += 1;
      }
      return at;
    },
  };
};

/** A server's close frame. `reason` is ASCII, at most 123 characters. @see RFC 6455 section 5.5.1 */
const createCloseFrame = (code: number, reason: string): Buffer => {
  const text = Buffer.from(reason, 'latin1');
  const frame = Buffer.alloc(4 + text.length);
  frame[0] = 0x88;
  frame[1] = 2 + text.length;
  frame.writeUInt16BE(code, 2);
  text.copy(frame, 4);
  return frame;
};

/** An open WebSocket between a browser and an upstream. */
export interface Tunnel {
  /** Sends the browser a close frame with this code, and cuts the upstream. Does nothing the second time. */
  readonly end: (code: number, reason: string) => void;
}

/** How long a peer has for the frame that is under way, and then for its own close frame. */
const closeTimeoutMs = 1000;
/** How long one side has to end when the other has ended: one that does not is cut. */
const halfOpenTimeoutMs = 5000;

/**
 * Passes bytes both ways with back-pressure until one side goes; then the other goes too. `onClosed` is called
 * once, when nothing is left.
 */
export const openTunnel = (browser: Duplex, upstream: Duplex, onClosed: () => void): Tunnel => {
  const frames = createFrameReader();
  let closeFrame: Buffer | undefined;

  const close = (): void => {
    browser.destroy();
    upstream.destroy();
  };
  const closeSoon = (timeoutMs = closeTimeoutMs): void => {
    setTimeout(close, timeoutMs).unref();
  };
  const sendCloseFrame = (): void => {
    upstream.destroy();
    browser.end(closeFrame);
    closeSoon();
  };

  upstream.on('data', (bytes: Buffer) => {
    if (browser.writableEnded) return;
    if (closeFrame === undefined) {
      frames.read(bytes, 'end');
      if (!browser.write(bytes)) upstream.pause();
      return;
    }
    browser.write(bytes.subarray(0, frames.read(bytes, 'frame')));
    if (frames.isBetweenFrames()) sendCloseFrame();
  });
  browser.on('drain', () => upstream.resume());
  browser.pipe(upstream);

  let open = 2;
  for (const side of [browser, upstream]) {
    side.on('error', close);
    side.once('end', () => {
      if (closeFrame !== undefined) return;
      (side === browser ? upstream : browser).end();
      closeSoon(halfOpenTimeoutMs);
    });
    side.once('close', () => {
      open -= 1;
      if (closeFrame === undefined) closeSoon();
      if (open === 0) onClosed();
    });
  }

  return {
    end: (code, reason) => {
      if (closeFrame !== undefined) return;
      closeFrame = createCloseFrame(code, reason);
      browser.unpipe(upstream);
      browser.resume();
      closeSoon();
      if (frames.isBetweenFrames()) sendCloseFrame();
      else upstream.resume();
    },
  };
};

/** What the browser is answered, and what is done when the WebSocket has closed. */
interface ProtocolSwitch {
  readonly upstream: Extract<UpgradeAnswer, { kind: 'opened' }>;
  readonly headers: HeaderValues;
  readonly onClosed: () => void;
}

const printHead = (headers: HeaderValues): string =>
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
