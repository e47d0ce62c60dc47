import type { ListedSession, NewStoredSession, StoredSession } from '../session-store.ts';

/** The format of the hash that a session is stored as. A new format has a new number, and the old ones are still read. */
const format = '1';

/** The fields and values of a new session, for `HSET`. */
export const createFields = (session: NewStoredSession): (string | Buffer)[] => {
  const { version, lastSeenAt, expiresAt, subject, providerSession, about, sealed } = session;
  const fields = { format, version, lastSeenAt, expiresAt, subject, about, sealed };
  return Object.entries(providerSession === undefined ? fields : { ...fields, providerSession })
    .flat()
    .map((value) => (value instanceof Uint8Array ? Buffer.from(value) : String(value)));
};

/** What a stored session is read with, for `HMGET`. */
export const storedFields = ['version', 'lastSeenAt', 'expiresAt', 'sealed'] as const;

/** Reads the values of `storedFields`; `undefined` when there is no session, or it is over. */
export const readStored = (id: string, values: readonly (Buffer | null)[]): StoredSession | undefined => {
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
export const listedFields = ['lastSeenAt', 'about'] as const;

/** Reads the values of `listedFields`; nothing when there is no session. */
export const readListed = (id: string, values: readonly (Buffer | null)[]): readonly ListedSession[] => {
  const [lastSeenAt, about] = values;
  return lastSeenAt && about ? [{ id, about, lastSeenAt: Number(lastSeenAt) }] : [];
};
