import { setTimeout as wait } from 'node:timers/promises';
import type { Cluster, Redis } from 'ioredis';
import { createListeners } from '../listeners.ts';
import type { SessionStore } from '../session-store.ts';

/** The name of the channel between processes. */
export const channel = 'foyer:messages';

/** Messages between the processes that share a Redis. */
export interface RedisMessages {
  readonly subscribe: SessionStore['subscribe'];
  /** Why messages do not arrive at present; `undefined` while they do. */
  readonly failure: () => unknown;
  /** Resolves when the first attempt to listen has succeeded or failed. */
  readonly begun: Promise<void>;
  readonly stop: () => void;
}

const pingIntervalMs = 1000;
const reconnectPauseMs = 200;

const untilEnd = (connection: Redis): Promise<never> =>
  new Promise((_resolve, reject) => {
    connection.once('end', () => reject(new Error('The connection for messages was closed')));
  });

/** A further connection, as commands and subscriptions cannot be mixed: in a cluster to any node, which hears of all. */
const createSubscriber = (client: Redis | Cluster): Redis => {
  const nodes = 'nodes' in client ? client.nodes('master') : [client];
  const node = nodes[Math.floor(Math.random() * nodes.length)];
  if (node === undefined) throw new Error('No node of the cluster is known');
  const ending = { lazyConnect: true, enableOfflineQueue: false, retryStrategy: null };
  return node.duplicate(ending).on('error', () => undefined);
};

/** Listens on a connection of its own; when that is cut, or silent for two seconds, on another. */
export const followMessages = (client: Redis | Cluster): RedisMessages => {
  /** They hear `undefined` after a time in which messages may have been lost. */
  const listeners = createListeners<string | undefined>();
  const stopping = new AbortController();
  const { signal } = stopping;
  const begun = Promise.withResolvers<void>();
  let failure: unknown = new Error('Not connected');
  let hasListened = false;

  const pause = (milliseconds: number): Promise<void> =>
    wait(milliseconds, undefined, { signal, ref: false }).catch(() => undefined);

  /** Listens until it fails. Pings distinguish an idle connection from a broken one. */
  const listen = async (connection: Redis): Promise<void> => {
    connection.on('message', (_channel, message) => listeners.call(message));
    await connection.connect();
    await connection.subscribe(channel);
    failure = undefined;
    if (hasListened) listeners.call(undefined);
    hasListened = true;
    begun.resolve();
    for (; !signal.aborted; await connection.ping()) await pause(pingIntervalMs);
  };

  const listenOnce = async (): Promise<void> => {
    const connection = createSubscriber(client);
    const cut = (): void => connection.disconnect();
    signal.addEventListener('abort', cut, { once: true });
    try {
      await Promise.race([untilEnd(connection), listen(connection)]);
    } finally {
      signal.removeEventListener('abort', cut);
      cut();
    }
  };

  const follow = async (): Promise<void> => {
    while (!signal.aborted) {
      await listenOnce().catch((error: unknown) => {
        failure = error;
      });
      begun.resolve();
      await pause(reconnectPauseMs);
    }
  };

  void follow();
  return {
    subscribe: (listener, missed) =>
      listeners.add((message) => (message === undefined ? missed?.() : listener(message))),
    failure: () => failure,
    begun: begun.promise,
    stop: () => stopping.abort(),
  };
};
