import { type IncomingMessage, request as requestHttp, ServerResponse } from 'node:http';
import { request as requestHttps } from 'node:https';
import { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { FastifyInstance } from 'fastify';
import { Problem } from '../problems.ts';

const heads = new WeakMap<IncomingMessage, Buffer>();

/** What the browser sent before it was answered: nothing, in a sound one. */
export const takeHead = (raw: IncomingMessage): Buffer => heads.get(raw) ?? Buffer.alloc(0);

/**
 * Brings upgrades to the routes, so that the same hooks guard them as any request. Where another plugin
 * listens for them already (a dev server's proxy, @fastify/websocket) it does the same.
 */
export const routeUpgrades = (scope: FastifyInstance): void => {
  scope.server.on('upgrade', (raw: IncomingMessage, socket: Duplex, head: Buffer) => {
    if (scope.server.listenerCount('upgrade') > 1) return;
    if (!(socket instanceof Socket)) throw new Error('An http server has other connections than sockets');
    heads.set(raw, head);
    const response = new ServerResponse(raw);
    response.shouldKeepAlive = false;
    response.assignSocket(socket);
    response.once('finish', () => socket.destroySoon());
    // Node looks after the idle time of requests only.
    socket.setTimeout(scope.server.timeout);
    socket.on('timeout', () => {
      if (response.headersSent) socket.destroy();
    });
    scope.routing(raw, response);
  });
};

/** How the upstream answered: with a connection, or with an ordinary answer that is passed on. */
export type UpgradeAnswer =
  | {
      readonly kind: 'opened';
      readonly answer: IncomingMessage;
      readonly socket: Duplex;
      readonly head: Buffer;
    }
  | { readonly kind: 'refused'; readonly answer: IncomingMessage };

/** Where an upgrade goes to. */
export interface UpgradeRequest {
  readonly origin: string;
  readonly target: string;
  readonly headers: Record<string, string | string[]>;
  /** Seconds until the upstream must have answered. */
  readonly timeout: number;
  readonly signal: AbortSignal;
}

/**
 * Asks the upstream for a WebSocket.
 *
 * @throws Problem `upstream_unavailable`, `upstream_timeout`, or what `signal` was aborted with.
 */
export const askForUpgrade = (upgrade: UpgradeRequest): Promise<UpgradeAnswer> =>
  new Promise((resolve, reject) => {
    const { origin, target, headers, timeout, signal } = upgrade;
    const send = origin.startsWith('https:') ? requestHttps : requestHttp;
    const { hostname, port } = new URL(origin);
    const outgoing = send({
      hostname: hostname.replace(/^\[(.*)\]$/, '$1'),
      port,
      path: target,
      headers: { ...headers, connection: 'Upgrade', upgrade: 'websocket' },
      agent: false,
      signal,
    });
    const timer = setTimeout(() => {
      outgoing.destroy(new Problem('upstream_timeout', 'The upstream did not answer the upgrade in time'));
    }, timeout * 1000);
    const settle = (answer: UpgradeAnswer): void => {
      clearTimeout(timer);
      resolve(answer);
    };
    outgoing.once('upgrade', (answer, socket, head) => settle({ kind: 'opened', answer, socket, head }));
    outgoing.once('response', (answer) => settle({ kind: 'refused', answer }));
    outgoing.once('error', (error) => {
      clearTimeout(timer);
      if (signal.reason instanceof Problem) reject(signal.reason);
      else if (error instanceof Problem) reject(error);
      else reject(new Problem('upstream_unavailable', 'The upstream cannot be reached', { cause: error }));
    });
    outgoing.end();
  });
