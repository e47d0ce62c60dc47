import type { Cluster, Redis } from 'ioredis';
import type { ListedSession, NewStoredSession, SessionStore, StoredSession } from '../session-store.ts';
import { openRedisConnection } from './redis-connection.ts';
import { channel } from './redis-messages.ts';
import { keys, listTags, scripts, sessionTag } from './redis-scripts.ts';

/** The format of the hash that a session is stored as. A new format has a new number, and the old ones are still read. */
const format = '1';

/** The fields and values of a new session, for `HSET`. */
const createFields = (session: NewStoredSession): (string | Buffer)[] => {
  const { version, lastSeenAt, expiresAt, subject, providerSession, about, sealed } = session;
  const fields = { format, version, lastSeenAt, expiresAt, subject, about, sealed };
  return Object.entries(providerSession === undefined ? fields : { ...fields, providerSession })
    .flat()
    .map((value) => (value instanceof Uint8Array ? Buffer.from(value) : String(value)));
};

/** What a stored session is read with, for `HMGET`. */
const storedFields = ['version', 'lastSeenAt', 'expiresAt', 'sealed'] as const;

/** Reads the values of `storedFields`; `undefined` when there is no session, or it is over. */
const readStored = (id: string, values: readonly (Buffer | null)[]): StoredSession | undefined => {
  const [version, lastSeenAt, expiresAt, sealed] = values;
  if (!version || !lastSeenAt || !expiresAt || !sealed || Number(expiresAt) <= Date.now()) return undefined;
  return {
    id,
    version: Number(version),
    lastSeenAt: Number(lastSeenAt),
    expiresAt: Number(expiresAt),
    sealed,
  };
};

/** What a session in a list is read with. */
const listedFields = ['lastSeenAt', 'about', 'expiresAt'] as const;

/** Reads the values of `listedFields`; nothing when there is no session, or it is over. */
const readListed = (id: string, values: readonly (Buffer | null)[]): readonly ListedSession[] => {
  const [lastSeenAt, about, expiresAt] = values;
  return lastSeenAt && about && Number(expiresAt) > Date.now()
    ? [{ id, about, lastSeenAt: Number(lastSeenAt) }]
    : [];
};

const indexesOf = (subject: string, providerSession: string | undefined): readonly string[] => [
  keys.subject(subject),
  ...(providerSession === undefined ? [] : [keys.provider(providerSession)]),
];

type RunScript = (
  script: string,
  keys: readonly string[],
  ...values: (string | number | Buffer)[]
) => Promise<unknown>;

const createSessionOperations = (client: Redis | Cluster, run: RunScript) => {
  const keysOf = (id: string): readonly string[] => [keys.session(id), keys.list(sessionTag(id))];
  return {
    insert: async (session) => {
      const { id, expiresAt, lastsUntil, subject, providerSession } = session;
      const now = Date.now();
      // Listed first: an entry without its session does no harm, a session that no logout finds does.
      const indexes = indexesOf(subject, providerSession);
      await Promise.all(indexes.map((index) => run(scripts.index, [index], now, lastsUntil, id)));
      await run(scripts.insert, keysOf(id), now, expiresAt, id, ...createFields(session));
    },
    read: async (id) => readStored(id, await client.hmgetBuffer(keys.session(id), ...storedFields)),
    update: async (id, expectedVersion, sealed) =>
      (await run(scripts.update, [keys.session(id)], expectedVersion, Buffer.from(sealed), Date.now())) === 1,
    touch: async (id, lastSeenAt, expiresAt) =>
      (await run(scripts.touch, keysOf(id), lastSeenAt, expiresAt, id, Date.now())) === 1,
    remove: async (id) => {
      const removed = await run(scripts.remove, keysOf(id), id);
      if (!Array.isArray(removed)) return false;
      const [expiresAt, subject, providerSession] = removed.map((value) => value?.toString());
      // The session is over whether or not this succeeds: entries left behind expire unseen.
      await Promise.allSettled(
        indexesOf(subject ?? '', providerSession).map((index) => client.zrem(index, id)),
      );
      return Number(expiresAt) > Date.now();
    },
  } satisfies Partial<SessionStore>;
};

const createSessionSearch = (client: Redis | Cluster) => {
  const findIds = (index: string): Promise<string[]> => client.zrangebyscore(index, Date.now(), '+inf');
  return {
    findBySubject: async (subject) => {
      const ids = await findIds(keys.subject(subject));
      const found = await Promise.all(
        ids.map(async (id) => readListed(id, await client.hmgetBuffer(keys.session(id), ...listedFields))),
      );
      return found.flat();
    },
    findByProviderSession: async (providerSession) => {
      const ids = await findIds(keys.provider(providerSession));
      const found = await Promise.all(ids.map((id) => client.exists(keys.session(id))));
      return ids.filter((_id, position) => found[position] === 1);
    },
    /** A look at every list, so this is for now and then. */
    count: async () => {
      const now = Date.now();
      let sum = 0;
      for (const tags of listTags()) {
        const counts = await Promise.all(tags.map((tag) => client.zcount(keys.list(tag), now, '+inf')));
        for (const count of counts) sum += count;
      }
      return sum;
    },
  } satisfies Partial<SessionStore>;
};

const createOneTimeValues = (client: Redis | Cluster, run: RunScript) =>
  ({
    claim: async (value, expiresAt, note = 0) => {
      const lifetimeMs = Math.max(1, Math.ceil(expiresAt - Date.now()));
      return (await run(scripts.claim, [keys.claim(value)], note, lifetimeMs)) === 1;
    },
    noteClaim: async (value, note) => {
      await run(scripts.note, [keys.claim(value)], note);
    },
    readClaim: async (value) => {
      const note = await client.get(keys.claim(value));
      return note === null ? undefined : Number(note);
    },
  }) satisfies Partial<SessionStore>;

/**
 * Opens sessions in a Redis or Valkey, in one that sentinels watch, or in a cluster; any number of machines may share
 * it. Every command and script stays within one hash tag.
 *
 * @throws TypeError when the URL cannot be read; Error when the package `ioredis` is not installed. While the server is
 * down every operation throws.
 */
export const openRedisStore = async (url: string): Promise<SessionStore> => {
  const { client, messages, trouble, close } = await openRedisConnection(url);
  const run: RunScript = (script, names, ...values) => client.eval(script, names.length, ...names, ...values);
  return {
    ...createSessionOperations(client, run),
    ...createSessionSearch(client),
    ...createOneTimeValues(client, run),
    acquireLease: async (id, holder, milliseconds) =>
      (await run(scripts.acquire, [keys.lease(id)], holder, milliseconds)) === 1,
    releaseLease: async (id, holder) => {
      await run(scripts.release, [keys.lease(id)], holder);
    },
    publish: async (message) => {
      await client.publish(channel, message);
    },
    subscribe: messages.subscribe,
    redis: client,
    check: async () => {
      try {
        await client.set('foyer:check', '1', 'PX', 1000);
        await client.get('foyer:check');
      } catch (error) {
        throw new Error('Redis cannot be used', { cause: trouble() ?? error });
      }
      const failure = messages.failure();
      if (failure !== undefined) throw failure;
    },
    close,
  };
};
