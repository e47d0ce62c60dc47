import { setTimeout as wait } from 'node:timers/promises';
import type { Redis } from 'ioredis';
import { createMessageListeners } from '../message-listeners.ts';
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

/**
 * Listens on connections that `createSubscriber` makes; one that is cut, or silent for two seconds, gets a successor.
 */
export const followMessages = (createSubscriber: () => Redis): RedisMessages => {
  const listeners = createMessageListeners();
  const stopping = new AbortController();
  const { signal } = stopping;
  const begun = Promise.withResolvers<void>();
  let failure: unknown = new Error('Not connected');
  let hasListened = false;

  const pause = (milliseconds: number): Promise<void> =>
    wait(milliseconds, undefined, { signal, ref: false }).catch(() => undefined);

  /** Pings tell a connection on which nothing happens from one on which nothing can. */
  const listen = async (connection: Redis): Promise<void> => {
    await connection.connect();
    await connection.subscribe(channel);
    failure = undefined;
    if (hasListened) listeners.deliverMissed();
    hasListened = true;
    begun.resolve();
    for (; !signal.aborted; await connection.ping()) await pause(pingIntervalMs);
  };

  const follow = async (): Promise<void> => {
    while (!signal.aborted) {
      const connection = createSubscriber().on('error', () => undefined);
      connection.on('message', (_channel, message) => listeners.deliver(message));
      const cut = (): void => connection.disconnect();
      signal.addEventListener('abort', cut, { once: true });
      await Promise.race([untilEnd(connection), listen(connection)]).catch((error: unknown) => {
        failure = error;
      });
      signal.removeEventListener('abort', cut);
      cut();
      begun.resolve();
      await pause(reconnectPauseMs);
    }
  };

  void follow();
  return {
    subscribe: listeners.add,
    failure: () => failure,
    begun: begun.promise,
    stop: () => stopping.abort(),
  };
};
