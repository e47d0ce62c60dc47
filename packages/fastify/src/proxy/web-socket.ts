import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { ResponseHeaders } from '../browser-security/response-headers.ts';
import { logEvent } from '../events.ts';
import type { Observe } from '../logging/observation.ts';
import { Problem } from '../problems.ts';
import { createAnswerHeaders } from './forward-headers.ts';
import { openTunnel, type Tunnel } from './web-socket-tunnel.ts';
import { askForUpgrade, takeHead, type UpgradeAnswer, type UpgradeRequest } from './web-socket-upgrade.ts';

/** Closing codes of ours. @see RFC 6455 section 7.4.2 */
const sessionEnded = 4401;
const serviceRestart = 1012;

/** An upgrade of a request with or without a session. */
interface SessionUpgrade extends Omit<UpgradeRequest, 'signal'> {
  /** Calls back when the session ends, if there is one; gives back the way to stop listening. */
  readonly onSessionEnded: ((listener: () => void) => () => void) | undefined;
}

/** The WebSockets that are open at this moment. */
export interface WebSockets {
  /**
   * Opens one between the request's connection and the upstream, or passes the upstream's refusal on. It is closed
   * with 4401 when the session ends.
   *
   * @throws Problem as `askForUpgrade` does, and `session_expired` when the session ends meanwhile.
   */
  readonly open: (request: FastifyRequest, reply: FastifyReply, upgrade: SessionUpgrade) => Promise<void>;
  /** Tells every browser that the service restarts. */
  readonly endAll: () => void;
}

const printHead = (status: string, headers: Readonly<Record<string, string | string[]>>): string =>
  `HTTP/1.1 ${status}\r\n${Object.entries(headers)
    .flatMap(([name, value]) => [value].flat().map((one) => `${name}: ${one}\r\n`))
    .join('')}\r\n`;

/** Passes a refusal on to its end. A pipeline would wait for ever when the browser leaves before that. */
const passOn = async (answer: IncomingMessage, raw: ServerResponse, stop: AbortController): Promise<void> => {
  answer.once('error', (error) => stop.abort(error));
  answer.pipe(raw);
  try {
    await once(raw, 'finish', { signal: stop.signal });
  } catch (error) {
    raw.destroy();
    throw error;
  }
};

/** Makes the room for open WebSockets. */
export const createWebSockets = (ours: ResponseHeaders, observe?: Observe): WebSockets => {
  const tunnels = new Set<Tunnel>();

  const openBetween = (
    request: FastifyRequest,
    reply: FastifyReply,
    upstream: Extract<UpgradeAnswer, { kind: 'opened' }>,
    onClosed: () => void,
  ): Tunnel => {
    const { socket: browser } = request.raw;
    const known = ours.of(reply);
    const headers = {
      ...createAnswerHeaders(upstream.answer.headers, known, () => undefined),
      ...known.usual,
      connection: 'Upgrade',
      upgrade: 'websocket',
    };
    reply.raw.detachSocket(browser);
    browser.setTimeout(0);
    // Messages may lie far apart: cut is only a connection whose other end is gone without a word.
    browser.setKeepAlive(true, 60_000);
    browser.write(printHead('101 Switching Protocols', headers));
    upstream.socket.unshift(upstream.head);
    browser.unshift(takeHead(request.raw));
    const tunnel = openTunnel(browser, upstream.socket, () => {
      tunnels.delete(tunnel);
      onClosed();
      observe?.({ kind: 'stream', of: 'websocket', change: -1 });
      logEvent(request.log, 'websocket_closed', {});
    });
    tunnels.add(tunnel);
    observe?.({ kind: 'stream', of: 'websocket', change: 1 });
    logEvent(request.log, 'websocket_opened', { route: request.routeOptions.url });
    return tunnel;
  };

  return {
    open: async (request, reply, { onSessionEnded, ...upgrade }) => {
      const stop = new AbortController();
      let cut = (): void =>
        stop.abort(new Problem('session_expired', 'The session ended while the upstream was asked'));
      const stopListening = onSessionEnded?.(() => cut()) ?? (() => undefined);
      reply.raw.once('close', () => stop.abort());
      try {
        const upstream = await askForUpgrade({ ...upgrade, signal: stop.signal });
        reply.hijack();
        if (upstream.kind === 'opened') {
          const tunnel = openBetween(request, reply, upstream, stopListening);
          cut = () => tunnel.end(sessionEnded, 'The session ended');
          return;
        }
        const { answer } = upstream;
        const headers = createAnswerHeaders(answer.headers, ours.of(reply), () => undefined);
        ours.begin(reply, answer.statusCode ?? 502, headers);
        await passOn(answer, reply.raw, stop);
        stopListening();
      } catch (error) {
        stopListening();
        throw error;
      }
    },
    endAll: () => {
      for (const tunnel of tunnels) tunnel.end(serviceRestart, 'The service restarts');
    },
  };
};
