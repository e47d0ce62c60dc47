import { once } from 'node:events';
import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { logEvent } from '../events.ts';
import type { Observe } from '../logging/observation.ts';
import { Problem } from '../problems.ts';
import { createAnswerHeaders, type OwnHeaders } from './answer-headers.ts';
import type { AnswerHead, Repetition } from './upstream-call.ts';
import type { Tunnel } from './web-socket-tunnel.ts';
import { switchProtocols } from './web-socket-tunnel.ts';
import { askForUpgrade, type UpgradeAnswer, type UpgradeRequest } from './web-socket-upgrade.ts';

/** Closing codes of ours. @see RFC 6455 section 7.4.2 */
const sessionEnded = 4401;
const serviceRestart = 1012;

/** An upgrade of a request with or without a session. */
interface SessionUpgrade extends Omit<UpgradeRequest, 'signal'> {
  /** The problem that is answered instead of the upstream's refusal, if it is one. */
  readonly findChallenge: (status: number | undefined, upstream: IncomingHttpHeaders) => Problem | undefined;
  /** Calls back when the session ends, if there is one; returns the way to stop listening. */
  readonly onSessionEnded: ((listener: () => void) => () => void) | undefined;
  readonly repetition: Repetition | undefined;
  /** Takes the head of the upstream's answer. */
  readonly onHead: (head: AnswerHead) => void;
}

/** Asks for an upgrade, and once more where the answer asks for it. */
const askForSessionUpgrade = async (
  { repetition, onHead, ...upgrade }: Omit<SessionUpgrade, 'onSessionEnded' | 'findChallenge'>,
  signal: AbortSignal,
): Promise<UpgradeAnswer> => {
  const first = await askForUpgrade({ ...upgrade, signal });
  const head = { status: first.answer.statusCode ?? 502, upstream: first.answer.headers };
  onHead(head);
  if (first.kind === 'opened' || !repetition?.isWanted(head)) return first;
  const headers = await repetition.createHeaders(head);
  if (headers === undefined) return first;
  first.answer.destroy();
  return askForUpgrade({ ...upgrade, headers, signal });
};

/** An upgrade that the upstream has answered with a connection. */
interface OpenedUpgrade {
  readonly upstream: Extract<UpgradeAnswer, { kind: 'opened' }>;
  readonly onClosed: () => void;
}

/** The open WebSockets. */
export interface WebSockets {
  /**
   * Opens one between the request's connection and the upstream, or passes the upstream's refusal on. It is closed
   * with 4401 when the session ends.
   *
   * @throws Problem as `askForUpgrade` does, what `findChallenge` found, and `session_expired` when the session ends meanwhile.
   */
  readonly open: (request: FastifyRequest, reply: FastifyReply, upgrade: SessionUpgrade) => Promise<void>;
  /** Closes each with 1012, service restart. */
  readonly endAll: () => void;
}

/** Passes a refusal on to its end. A pipeline would wait for ever when the browser leaves before that. */
const passOn = async (answer: IncomingMessage, raw: ServerResponse, stop: AbortController): Promise<void> => {
  answer.on('error', (error) => stop.abort(error));
  answer.pipe(raw);
  try {
    await once(raw, 'finish', { signal: stop.signal });
  } catch (error) {
    raw.destroy();
    throw error;
  }
};

const requireNoChallenge = (
  answer: IncomingMessage,
  findChallenge: SessionUpgrade['findChallenge'],
): void => {
  const challenge = findChallenge(answer.statusCode, answer.headers);
  if (challenge === undefined) return;
  answer.destroy();
  throw challenge;
};

/** A refusal may break off while it is held back until there is another token. */
const requireUnbroken = ({ destroyed, complete }: IncomingMessage): void => {
  if (destroyed && !complete)
    throw new Problem('upstream_unavailable', 'The refusal of the upgrade broke off');
};

/** Makes the set of open WebSockets. */
export const createWebSockets = (ownHeaders: OwnHeaders, observe?: Observe): WebSockets => {
  const tunnels = new Set<Tunnel>();
  const createHeaders = (reply: FastifyReply, { headers, statusCode: status = 502 }: IncomingMessage) =>
    createAnswerHeaders(headers, { given: ownHeaders(reply), status, translate: () => undefined });

  const openBetween = (
    request: FastifyRequest,
    reply: FastifyReply,
    { upstream, onClosed }: OpenedUpgrade,
  ): Tunnel => {
    const tunnel = switchProtocols(request, reply, {
      upstream,
      headers: createHeaders(reply, upstream.answer),
      onClosed: () => {
        tunnels.delete(tunnel);
        onClosed();
        observe?.({ kind: 'stream', of: 'websocket', change: -1 });
        logEvent(request.log, 'websocket_closed', {});
      },
    });
    tunnels.add(tunnel);
    observe?.({ kind: 'stream', of: 'websocket', change: 1 });
    logEvent(request.log, 'websocket_opened', { route: request.routeOptions.url });
    return tunnel;
  };

  return {
    open: async (request, reply, { onSessionEnded, findChallenge, ...upgrade }) => {
      const stop = new AbortController();
      let cut = (): void =>
        stop.abort(new Problem('session_expired', 'The session ended while the upstream was asked'));
      const stopListening = onSessionEnded?.(() => cut()) ?? (() => undefined);
      reply.raw.once('close', () => stop.abort());
      try {
        const upstream = await askForSessionUpgrade(upgrade, stop.signal);
        if (upstream.kind === 'opened') {
          const tunnel = openBetween(request, reply, { upstream, onClosed: stopListening });
          cut = () => tunnel.end(sessionEnded, 'The session ended');
          return;
        }
        const { answer } = upstream;
        requireNoChallenge(answer, findChallenge);
        requireUnbroken(answer);
        reply.hijack();
        reply.raw.writeHead(answer.statusCode ?? 502, createHeaders(reply, answer));
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
