import type { Cluster, Redis } from 'ioredis';
import { parseRedisAddress, type RedisAddress } from './redis-address.ts';

/** How to speak to one Redis service, whatever it consists of. */
export interface RedisClients {
  /** Takes commands; it connects again by itself. */
  readonly client: Redis | Cluster;
  /** A further connection, for messages; it ends when it is cut. */
  readonly createSubscriber: () => Redis;
}

interface Library {
  readonly Cluster: typeof Cluster;
  readonly Redis: typeof Redis;
}

const retry = (times: number): number => Math.min(times * 100, 1000);

/** Nothing is queued or sent twice. A server that is silent for 2 s is disconnected, which ends every wait for it. */
const limits = {
  lazyConnect: true,
  maxRetriesPerRequest: 0,
  connectTimeout: 1000,
  socketTimeout: 2000,
  disconnectTimeout: 200,
  autoResubscribe: false,
  autoResendUnfulfilledCommands: false,
  // A server that became a replica stays connected: its successor has to be looked for.
  reconnectOnError: ({ message }: Error) => message.startsWith('READONLY'),
};

const onServer = { ...limits, enableOfflineQueue: false, retryStrategy: retry };

const createServerClients = ({ Redis }: Library, url: string): RedisClients => ({
  client: new Redis(url, onServer),
  createSubscriber: () => new Redis(url, { ...onServer, retryStrategy: null }),
});

const readCredentials = ({ username, password, isSecure }: RedisAddress) => ({
  username,
  password,
  ...(isSecure && { tls: {} }),
});

const createSentinelClients = ({ Redis }: Library, address: RedisAddress): RedisClients => {
  const options = {
    ...onServer,
    ...readCredentials(address),
    db: address.database,
    name: address.name,
    sentinels: [...address.nodes],
    sentinelUsername: address.sentinelUsername,
    sentinelPassword: address.sentinelPassword,
    sentinelCommandTimeout: 1000,
    sentinelRetryStrategy: retry,
    ...(address.isSecure && { sentinelTLS: {}, enableTLSForSentinelMode: true }),
  };
  return {
    client: new Redis(options),
    createSubscriber: () => new Redis({ ...options, retryStrategy: null }),
  };
};

const createClusterClients = ({ Cluster, Redis }: Library, address: RedisAddress): RedisClients => {
  const redisOptions = { ...limits, ...readCredentials(address) };
  const client = new Cluster([...address.nodes], {
    lazyConnect: true,
    enableOfflineQueue: false,
    clusterRetryStrategy: retry,
    maxRedirections: 5,
    redisOptions,
    // Certificates are for names, so that a name stays one.
    dnsLookup: (host, callback) => callback(null, host),
  });
  return {
    client,
    // A message that is sent to any node reaches all of them.
    createSubscriber: () => {
      const known = client.nodes('master').map(({ options }) => options);
      const nodes = known.length === 0 ? address.nodes : known;
      const { host, port } = nodes[Math.floor(Math.random() * nodes.length)] ?? {};
      const node = { host, ...(port !== undefined && { port }) };
      return new Redis({ ...redisOptions, ...node, enableOfflineQueue: false, retryStrategy: null });
    },
  };
};

/** The package is an optional peer: only those who keep sessions in a Redis install it. */
const loadLibrary = async (): Promise<Library> => {
  try {
    return await import('ioredis');
  } catch (cause) {
    throw new Error('A session store in Redis needs the package ioredis: add it with `npm install ioredis`', {
      cause,
    });
  }
};

/**
 * Makes the clients for a URL of one server, of sentinels or of a cluster; none of them is connected yet.
 *
 * @throws TypeError when the URL cannot be read; Error when the package `ioredis` cannot be loaded.
 */
export const createRedisClients = async (url: string): Promise<RedisClients> => {
  const address = parseRedisAddress(url);
  const library = await loadLibrary();
  if (address === undefined) return createServerClients(library, url);
  return address.kind === 'cluster'
    ? createClusterClients(library, address)
    : createSentinelClients(library, address);
};
