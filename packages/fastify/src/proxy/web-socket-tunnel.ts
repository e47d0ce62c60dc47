import type { Duplex } from 'node:stream';
import { createCloseFrame, createFrameBoundary } from './web-socket-frames.ts';

/** An open WebSocket between a browser and an upstream. */
export interface Tunnel {
  /** Says goodbye to the browser with this code, and lets go of the upstream. Does nothing the second time. */
  readonly end: (code: number, reason: string) => void;
}

/** Milliseconds that a peer has for the frame that is under way, and then for its own close frame. */
const closeTimeoutMs = 1000;
/** Milliseconds that one side has to end when the other has ended: one that does not is cut. */
const halfOpenTimeoutMs = 5000;

/**
 * Passes bytes both ways with back-pressure until one side goes; then the other goes too. `onClosed` is called
 * once, when nothing is left.
 */
export const openTunnel = (browser: Duplex, upstream: Duplex, onClosed: () => void): Tunnel => {
  const boundary = createFrameBoundary();
  let goodbye: Buffer | undefined;

  const close = (): void => {
    browser.destroy();
    upstream.destroy();
  };
  const closeSoon = (timeoutMs = closeTimeoutMs): void => {
    setTimeout(close, timeoutMs).unref();
  };
  const sendGoodbye = (): void => {
    upstream.destroy();
    browser.end(goodbye);
    closeSoon();
  };

  upstream.on('data', (bytes: Buffer) => {
    if (browser.writableEnded) return;
    if (goodbye === undefined) {
      boundary.pass(bytes);
      if (!browser.write(bytes)) upstream.pause();
      return;
    }
    browser.write(bytes.subarray(0, boundary.rest(bytes)));
    if (boundary.isBetweenFrames()) sendGoodbye();
  });
  browser.on('drain', () => upstream.resume());
  browser.pipe(upstream);

  let open = 2;
  for (const side of [browser, upstream]) {
    side.on('error', close);
    side.once('end', () => {
      if (goodbye !== undefined) return;
      (side === browser ? upstream : browser).end();
      closeSoon(halfOpenTimeoutMs);
    });
    side.once('close', () => {
      open -= 1;
      if (goodbye === undefined) closeSoon();
      if (open === 0) onClosed();
    });
  }

  return {
    end: (code, reason) => {
      if (goodbye !== undefined) return;
      goodbye = createCloseFrame(code, reason);
      browser.unpipe(upstream);
      browser.resume();
      closeSoon();
      if (boundary.isBetweenFrames()) sendGoodbye();
      else upstream.resume();
    },
  };
};
