import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { FastifyReply } from 'fastify';
import { logEvent } from '../events.ts';
import type { Observe } from '../logging/observation.ts';
import { Problem } from '../problems.ts';
import type { TlsIdentity } from '../provider/provider.ts';
import { type AnswerHead, createAnswerHeaders, type OwnHeaders, sendHead } from './answer-headers.ts';
import { settleFailure } from './forward.ts';
import type { PreparedCall, PreparedCalls } from './prepared-call.ts';
import { switchProtocols, type Tunnel } from './web-socket-tunnel.ts';
import { askForUpgrade, type UpgradeAnswer } from './web-socket-upgrade.ts';

/** Closing codes of ours. @see RFC 6455 section 7.4.2 */
const sessionEnded = 4401;
const serviceRestart = 1012;

/** What WebSockets are passed on with. */
interface WebSocketContext {
  readonly calls: PreparedCalls;
  readonly ownHeaders: OwnHeaders;
  readonly observe: Observe | undefined;
  readonly currentTls: () => TlsIdentity | undefined;
}

const headOf = ({ statusCode: status = 502, headers: upstream }: IncomingMessage): AnswerHead => ({
  status,
  upstream,
});

/** Asks for an upgrade, and once more where the answer asks for it. */
const askTwice = async (
  { calls, currentTls }: WebSocketContext,
  call: PreparedCall,
  signal: AbortSignal,
): Promise<UpgradeAnswer> => {
  const { origin, target } = call.match;
  const upgrade = { origin, target, timeoutMs: calls.timeoutMsOf(call), signal, tls: currentTls() };
  const first = await askForUpgrade({ ...upgrade, headers: call.headers });
  const head = headOf(first.answer);
  calls.learn(call, head);
  if (first.kind === 'opened' || !calls.isRefused(call, head)) return first;
  const headers = await calls.renewHeaders(call, head);
  if (headers === undefined) return first;
  first.answer.destroy();
  return askForUpgrade({ ...upgrade, headers });
};

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

/** @throws Problem where a refusal is not for the browser, or broke off while there was to be another token. */
const requireForBrowser = (answer: IncomingMessage, challenge: Problem | undefined): void => {
  if (challenge !== undefined) {
    answer.destroy();
    throw challenge;
  }
  if (answer.destroyed && !answer.complete)
    throw new Problem('upstream_unavailable', 'The refusal of the upgrade broke off');
};

/** The open WebSockets. */
interface WebSockets {
  /**
   * Opens one between the request's connection and the upstream, or passes the upstream's refusal on. It is closed
   * with 4401 when the session ends.
   *
   * @throws Problem as `askForUpgrade` does, `step_up_required` where the upstream asks for it, and `session_expired` when
   * the session ends meanwhile.
   */
  readonly open: (call: PreparedCall, reply: FastifyReply) => Promise<void>;
  /** Closes each with 1012, service restart. */
  readonly endAll: () => void;
}

/** Makes the set of open WebSockets. */
export const createWebSockets = (context: WebSocketContext): WebSockets => {
  const { calls, ownHeaders, observe } = context;
  const tunnels = new Set<Tunnel>();
  return {
    open: async (call, reply) => {
      const { request } = call;
      const stop = new AbortController();
      let cut = (): void =>
        stop.abort(new Problem('session_expired', 'The session ended while the upstream was asked'));
      const stopListening = calls.onSessionEnded(call, () => cut());
      reply.raw.once('close', () => stop.abort());
      try {
        const upstream = await askTwice(context, call, stop.signal);
        const head = headOf(upstream.answer);
        if (upstream.kind === 'refused') requireForBrowser(upstream.answer, calls.findChallenge(call, head));
        const given = ownHeaders(reply);
        const headers = createAnswerHeaders(head.upstream, {
          ...{ given, status: head.status, translate: () => undefined },
        });
        if (upstream.kind === 'refused') {
          sendHead(reply, head.status, headers);
          await passOn(upstream.answer, reply.raw, stop);
          stopListening?.();
          return;
        }
        const tunnel = switchProtocols(request, reply, {
          ...{ upstream, headers },
          onClosed: () => {
            tunnels.delete(tunnel);
            stopListening?.();
            observe?.({ kind: 'stream', of: 'websocket', change: -1 });
            logEvent(request.log, 'websocket_closed', {});
          },
        });
        cut = () => tunnel.end(sessionEnded, 'The session ended');
        tunnels.add(tunnel);
        observe?.({ kind: 'stream', of: 'websocket', change: 1 });
        logEvent(request.log, 'websocket_opened', { route: request.routeOptions.url });
      } catch (error) {
        stopListening?.();
        settleFailure(reply, error);
      }
    },
    endAll: () => {
      for (const tunnel of tunnels) tunnel.end(serviceRestart, 'The service restarts');
    },
  };
};
