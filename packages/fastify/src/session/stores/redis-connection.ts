import type { ChainableCommander, Redis } from 'ioredis';

/** Two connections to one server, as commands and subscriptions cannot be mixed, and the channel between processes. */
export interface RedisConnection {
  readonly client: Redis;
  readonly subscribe: (listener: (message: string) => void) => () => void;
  /** The last error of the subscription, kept for `check`; `undefined` while the messages arrive. */
  readonly failure: () => unknown;
  readonly close: () => Promise<void>;
}

/** The name of the channel. */
export const channel = 'foyer:messages';

const hangUp = async (connection: Redis): Promise<void> => {
  if (connection.status === 'ready') await connection.quit().finally(() => connection.disconnect());
  else connection.disconnect();
};

/** Connects to `redis://` or `rediss://`; a server that is down is tried again, at least once a second. */
export const openRedisConnection = async (url: string): Promise<RedisConnection> => {
  const { Redis } = await import('ioredis');
  const listeners = new Set<(message: string) => void>();
  let failure: unknown;
  const keep = (error: unknown): void => {
    failure = error;
  };
  const connect = (onError: (error: unknown) => void): Redis =>
    new Redis(url, {
      lazyConnect: true,
      maxRetriesPerRequest: 1,
      enableOfflineQueue: false,
      commandTimeout: 1000,
      connectTimeout: 1000,
      autoResubscribe: false,
      retryStrategy: (times) => Math.min(times * 100, 1000),
    }).on('error', onError);
  // A command that cannot be sent throws by itself; only lost messages would go unnoticed.
  const client = connect(() => undefined);
  const messages = connect(keep);
  const listen = async (): Promise<void> => {
    await messages.subscribe(channel);
    failure = undefined;
  };
  messages.on('message', (_channel, message) => {
    for (const listener of [...listeners]) listener(message);
  });
  await Promise.all([client.connect().catch(() => undefined), messages.connect().catch(keep)]);
  if (messages.status === 'ready') await listen().catch(keep);
  messages.on('ready', () => void listen().catch(keep));
  return {
    client,
    subscribe: (listener) => {
      listeners.add(listener);
      return () => {
        listeners.delete(listener);
      };
    },
    failure: () => (messages.status === 'ready' ? failure : (failure ?? new Error('Not connected'))),
    close: async () => {
      await Promise.all([hangUp(client), hangUp(messages)]);
    },
  };
};

/** Runs commands in one round trip; throws the first error of any. */
export const runAll = async (commands: ChainableCommander): Promise<unknown[]> =>
  ((await commands.exec()) ?? []).map(([error, answer]) => {
    if (error !== null) throw error;
    return answer;
  });
