import { type IncomingMessage, request as requestHttp } from 'node:http';
import { request as requestHttps } from 'node:https';
import type { Duplex } from 'node:stream';
import { Problem } from '../problems.ts';
import type { TlsIdentity } from '../provider/provider.ts';
import type { HeaderValues } from './hop-by-hop.ts';

/** How the upstream answered: with a connection, or with an ordinary answer that is passed on. */
export type UpgradeAnswer =
  | { readonly kind: 'refused'; readonly answer: IncomingMessage }
  | {
      readonly kind: 'opened';
      readonly answer: IncomingMessage;
      readonly socket: Duplex;
      readonly head: Buffer;
    };

/** Where an upgrade goes to. */
export interface UpgradeRequest {
  readonly origin: string;
  readonly target: string;
  readonly headers: HeaderValues;
  /** How long the upstream may take to answer. */
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
  /** What the client shows of itself to an upstream that asks. */
  readonly tls?: TlsIdentity | undefined;
}

/**
 * Asks the upstream for a WebSocket.
 *
 * @throws Problem `upstream_unavailable`, `upstream_timeout`, or what `signal` was aborted with.
 */
export const askForUpgrade = (upgrade: UpgradeRequest): Promise<UpgradeAnswer> =>
  new Promise((resolve, reject) => {
    const { origin, target, headers, timeoutMs, signal, tls } = upgrade;
    const send = origin.startsWith('https:') ? requestHttps : requestHttp;
    const { hostname, port } = new URL(origin);
    const outgoing = send({
      ...tls,
      hostname: hostname.replace(/^\[(.*)\]$/, '$1'),
      port,
      path: target,
      headers: { ...headers, connection: 'Upgrade', upgrade: 'websocket' },
      agent: false,
      signal,
    });
    const timer = setTimeout(() => {
      outgoing.destroy(new Problem('upstream_timeout', 'The upstream did not answer the upgrade in time'));
    }, timeoutMs);
    const settle = (answer: UpgradeAnswer): void => {
      clearTimeout(timer);
      resolve(answer);
    };
    outgoing.once('upgrade', (answer, socket, head) => {
      socket.on('error', () => socket.destroy());
      settle({ kind: 'opened', answer, socket, head });
    });
    outgoing.once('response', (answer) => {
      answer.on('error', () => answer.destroy());
      settle({ kind: 'refused', answer });
    });
    // It may come again after the answer: a later one changes nothing, but must find a listener.
    outgoing.on('error', (cause) => {
      clearTimeout(timer);
      const known = [signal.reason, cause].find((reason) => reason instanceof Problem);
      reject(known ?? new Problem('upstream_unavailable', 'The upstream cannot be reached', { cause }));
    });
    outgoing.end();
  });
