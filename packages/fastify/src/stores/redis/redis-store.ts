import type { Cluster, Redis } from 'ioredis';
import type { ListedSession, NewStoredSession, SessionStore, StoredSession } from '../session-store.ts';
import { openRedisConnection } from './redis-connection.ts';
import {
  claimKey,
  countSessions,
  leaseKey,
  listKey,
  providerKey,
  sessionKey,
  subjectKey,
} from './redis-keys.ts';
import { channel } from './redis-messages.ts';
import {
  acquireScript,
  claimScript,
  indexScript,
  insertScript,
  releaseScript,
  removeScript,
  touchScript,
  updateScript,
} from './redis-scripts.ts';

type SessionOperations = Pick<SessionStore, 'insert' | 'read' | 'update' | 'touch' | 'remove'>;
type SessionSearch = Pick<SessionStore, 'findBySubject' | 'findByProviderSession' | 'count'>;
type OneTimeValues = Pick<SessionStore, 'claim' | 'readClaim'>;
type Leases = Pick<SessionStore, 'acquireLease' | 'releaseLease'>;

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

const indexKeys = (subject: string, providerSession: string | undefined): string[] => [
  subjectKey(subject),
  ...(providerSession === undefined ? [] : [providerKey(providerSession)]),
];

const createSessionOperations = (client: Redis | Cluster): SessionOperations => ({
  insert: async (session) => {
    const { id, expiresAt, lastsUntil, subject, providerSession } = session;
    const now = String(Date.now());
    // Listed first: an entry without its session does no harm, a session that no logout finds does.
    const listed = indexKeys(subject, providerSession).map((key) =>
      client.eval(indexScript, 1, key, now, String(lastsUntil), id),
    );
    await Promise.all(listed);
    const values = [now, String(expiresAt), id, ...createFields(session)];
    await client.eval(insertScript, 2, sessionKey(id), listKey(id), ...values);
  },
  read: async (id) => readStored(id, await client.hmgetBuffer(sessionKey(id), ...storedFields)),
  update: async (id, expectedVersion, sealed) =>
    (await client.eval(updateScript, 1, sessionKey(id), expectedVersion, Buffer.from(sealed), Date.now())) ===
    1,
  touch: async (id, lastSeenAt, expiresAt) =>
    (await client.eval(
      touchScript,
      2,
      sessionKey(id),
      listKey(id),
      lastSeenAt,
      expiresAt,
      id,
      Date.now(),
    )) === 1,
  remove: async (id) => {
    const removed = await client.eval(removeScript, 2, sessionKey(id), listKey(id), id);
    if (!Array.isArray(removed)) return false;
    const [expiresAt, subject, providerSession] = removed.map((value) => value?.toString());
    // The session is over whether or not this succeeds: entries left behind expire unseen.
    await Promise.allSettled(indexKeys(subject ?? '', providerSession).map((key) => client.zrem(key, id)));
    return Number(expiresAt) > Date.now();
  },
});

const createSessionSearch = (client: Redis | Cluster): SessionSearch => {
  const findIds = (key: string): Promise<string[]> => client.zrangebyscore(key, Date.now(), '+inf');
  return {
    findBySubject: async (subject) => {
      const ids = await findIds(subjectKey(subject));
      const found = await Promise.all(
        ids.map(async (id) => readListed(id, await client.hmgetBuffer(sessionKey(id), ...listedFields))),
      );
      return found.flat();
    },
    findByProviderSession: async (providerSession) => {
      const ids = await findIds(providerKey(providerSession));
      const found = await Promise.all(ids.map((id) => client.exists(sessionKey(id))));
      return ids.filter((_id, position) => found[position] === 1);
    },
    count: () => countSessions(client),
  };
};

const createOneTimeValues = (client: Redis | Cluster): OneTimeValues => ({
  claim: async (value, expiresAt, note = 0) => {
    const lifetimeMs = Math.max(1, Math.ceil(expiresAt - Date.now()));
    return (await client.eval(claimScript, 1, claimKey(value), note, lifetimeMs)) === 1;
  },
  readClaim: async (value) => {
    const note = await client.get(claimKey(value));
    return note === null ? undefined : Number(note);
  },
});

const createLeases = (client: Redis | Cluster): Leases => ({
  acquireLease: async (id, holder, milliseconds) =>
    (await client.eval(acquireScript, 1, leaseKey(id), holder, milliseconds)) === 1,
  releaseLease: async (id, holder) => {
    await client.eval(releaseScript, 1, leaseKey(id), holder);
  },
});

/**
 * Opens sessions in a Redis or Valkey, in one that sentinels watch, or in a cluster; any number of machines may share
 * it. Every command and script stays within one hash tag.
 *
 * @throws TypeError when the URL cannot be read; Error when the package `ioredis` is not installed. While the server is
 * down every operation throws.
 */
export const openRedisStore = async (url: string): Promise<SessionStore> => {
  const { client, messages, trouble, close } = await openRedisConnection(url);
  return {
    ...createSessionOperations(client),
    ...createSessionSearch(client),
    ...createOneTimeValues(client),
    ...createLeases(client),
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
