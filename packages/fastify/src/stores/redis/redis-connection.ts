import { setTimeout as wait } from 'node:timers/promises';
import type { Cluster, Redis } from 'ioredis';
import { createRedisClients } from './redis-clients.ts';
import { followMessages, type RedisMessages } from './redis-messages.ts';

/** Two connections to one service, as commands and subscriptions cannot be mixed. */
export interface RedisConnection {
  /** Each of its commands may name keys of one hash tag only. */
  readonly client: Redis | Cluster;
  readonly messages: RedisMessages;
  /** Why the connection for commands failed last; `undefined` when it never did. */
  readonly trouble: () => unknown;
  readonly close: () => Promise<void>;
}

const startTimeoutMs = 2000;
const pingIntervalMs = 1000;

const disconnect = async (client: Redis | Cluster): Promise<void> => {
  if (client.status === 'ready') await client.quit().catch(() => undefined);
  client.disconnect();
};

const readConnections = (client: Redis | Cluster): readonly Redis[] =>
  'nodes' in client ? client.nodes('all') : [client];

/**
 * Keeps firewalls from forgetting a connection that nothing is sent on, and finds one that is dead before a request does:
 * what does not answer in `socketTimeout` is disconnected, and connected again. Returns the way to stop.
 */
const keepAlive = (client: Redis | Cluster): (() => void) => {
  const ping = (): void => {
    for (const connection of readConnections(client))
      if (connection.status === 'ready') connection.ping().catch(() => undefined);
  };
  const timer = setInterval(ping, pingIntervalMs).unref();
  return () => clearInterval(timer);
};

/** Connects to a service of any kind; one that is down is tried again, at least once a second. */
export const openRedisConnection = async (url: string): Promise<RedisConnection> => {
  const { client, createSubscriber } = await createRedisClients(url);
  // A command that cannot be sent throws by itself; only lost messages would go unnoticed.
  let trouble: unknown;
  client.on('error', (error) => {
    trouble = error;
  });
  const starting = new AbortController();
  const connected = client.connect().catch(() => undefined);
  const late = wait(startTimeoutMs, undefined, { signal: starting.signal }).catch(() => undefined);
  await Promise.race([connected, late]);
  const messages = followMessages(createSubscriber);
  await Promise.race([messages.begun, late]);
  starting.abort();
  const stopPings = keepAlive(client);
  return {
    client,
    messages,
    trouble: () => trouble,
    close: async () => {
      stopPings();
      messages.stop();
      await disconnect(client);
    },
  };
};
