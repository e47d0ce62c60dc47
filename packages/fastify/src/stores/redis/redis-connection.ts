import { setTimeout as wait } from 'node:timers/promises';
import type * as ioredis from 'ioredis';
import type { Cluster, Redis } from 'ioredis';
import { followMessages, type RedisMessages } from './redis-messages.ts';

/** Several addresses of one service, as one URL names them. */
export interface RedisAddress {
  readonly kind: 'sentinel' | 'cluster';
  /** The sentinels, or some nodes of the cluster, which know the others. */
  readonly nodes: readonly { readonly host: string; readonly port: number }[];
  readonly isSecure: boolean;
  readonly username: string | undefined;
  readonly password: string | undefined;
  /** The name under which the sentinels know the server. Default `mymaster`. */
  readonly name: string;
  readonly database: number;
  readonly sentinelUsername: string | undefined;
  readonly sentinelPassword: string | undefined;
}

const form =
  /^redis(s?)\+(sentinel|cluster):\/\/((?:[^@/?]*@)?)([^@/?]+)(?:\/([^/?]*)(?:\/(\d{0,5}))?)?(\?.*)?$/;

const optional = (text: string): string | undefined => (text === '' ? undefined : decodeURIComponent(text));

const parseNode = (text: string, usualPort: number): RedisAddress['nodes'][number] => {
  const { hostname, port } = new URL(`redis://${text}`);
  if (hostname === '') throw new TypeError('A host is missing in the URL of the session store');
  return { host: hostname.replace(/^\[|\]$/g, ''), port: Number(port || usualPort) };
};

/**
 * Reads `redis+sentinel://user:password@one:26379,two:26379/mymaster/0?sentinelPassword=…` or
 * `redis+cluster://user:password@one:6379,two:6379`; `rediss+…` speaks TLS with all of them. `undefined` for the URL of
 * one server.
 *
 * @throws TypeError when it cannot be read.
 */
export const parseRedisAddress = (url: string): RedisAddress | undefined => {
  if (/^rediss?:/.test(url)) return undefined;
  const [, secure, scheme, credentials, hosts = '', name = '', database, query] = form.exec(url) ?? [];
  if (scheme === undefined) throw new TypeError('The URL of the session store cannot be read');
  const kind = scheme === 'sentinel' ? 'sentinel' : 'cluster';
  const { username, password } = new URL(`redis://${credentials}host`);
  const extra = new URLSearchParams(query);
  return {
    kind,
    nodes: hosts.split(',').map((host) => parseNode(host, kind === 'sentinel' ? 26_379 : 6379)),
    isSecure: secure === 's',
    username: optional(username),
    password: optional(password),
    name: optional(name) ?? 'mymaster',
    database: Number(database ?? 0),
    sentinelUsername: extra.get('sentinelUsername') ?? undefined,
    sentinelPassword: extra.get('sentinelPassword') ?? undefined,
  };
};

type Library = Pick<typeof ioredis, 'Cluster' | 'Redis'>;

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

const readCredentials = ({ username, password, isSecure }: RedisAddress) => ({
  username,
  password,
  ...(isSecure && { tls: {} }),
});

const createSentinelClient = ({ Redis }: Library, address: RedisAddress): Redis =>
  new Redis({
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
  });

const createClusterClient = ({ Cluster }: Library, address: RedisAddress): Cluster =>
  new Cluster([...address.nodes], {
    lazyConnect: true,
    enableOfflineQueue: false,
    clusterRetryStrategy: retry,
    maxRedirections: 5,
    redisOptions: { ...limits, ...readCredentials(address) },
    // Certificates are for names, so that a name stays one.
    dnsLookup: (host, callback) => callback(null, host),
  });

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

const createClient = async (url: string): Promise<Redis | Cluster> => {
  const address = parseRedisAddress(url);
  const library = await loadLibrary();
  if (address === undefined) return new library.Redis(url, onServer);
  return address.kind === 'cluster'
    ? createClusterClient(library, address)
    : createSentinelClient(library, address);
};

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

/**
 * Keeps firewalls from forgetting a connection that nothing is sent on, and finds one that is dead before a request does:
 * what does not answer in `socketTimeout` is disconnected, and connected again. Returns the way to stop.
 */
const keepAlive = (client: Redis | Cluster): (() => void) => {
  const ping = (): void => {
    for (const connection of 'nodes' in client ? client.nodes('all') : [client])
      if (connection.status === 'ready') connection.ping().catch(() => undefined);
  };
  const timer = setInterval(ping, pingIntervalMs).unref();
  return () => clearInterval(timer);
};

/**
 * Connects to one server, to one that sentinels watch, or to a cluster; what is down is tried again, at least once a second.
 *
 * @throws TypeError when the URL cannot be read; Error when the package `ioredis` cannot be loaded.
 */
export const openRedisConnection = async (url: string): Promise<RedisConnection> => {
  const client = await createClient(url);
  // A command that cannot be sent throws by itself; only lost messages would go unnoticed.
  let trouble: unknown;
  client.on('error', (error) => {
    trouble = error;
  });
  const late = wait(startTimeoutMs, undefined, { ref: false });
  await Promise.race([client.connect().catch(() => undefined), late]);
  const messages = followMessages(client);
  await Promise.race([messages.begun, late]);
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
