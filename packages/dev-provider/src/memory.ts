import type { Adapter, AdapterFactory, AdapterPayload } from 'oidc-provider';

interface Entry {
  readonly model: string;
  readonly payload: AdapterPayload;
  readonly expires: number;
}

const maxEntries = 10_000;
/** How many entries stay when the memory is full. Deleting one at a time would search all entries at every write. */
const entriesAfterCleanup = 9_000;

/** The models that are revoked with their grant. An interaction names a grant too but is not revoked. */
const revokedWithGrant: ReadonlySet<string> = new Set(['AccessToken', 'AuthorizationCode', 'RefreshToken']);

/** The other keys under which a payload can be found. */
const namesOf = (model: string, { uid, userCode }: AdapterPayload): readonly string[] => [
  ...(uid === undefined ? [] : [`${model} uid ${uid}`]),
  ...(userCode === undefined ? [] : [`${model} user code ${userCode}`]),
];

/** Creates the memory of one provider: at most 10,000 entries, of which the oldest are deleted first. */
export function createMemory(): AdapterFactory {
  const entries = new Map<string, Entry>();
  const keys = new Map<string, string>();

  const deleteEntry = (key: string): void => {
    const entry = entries.get(key);
    if (entry === undefined) return;
    entries.delete(key);
    for (const name of namesOf(entry.model, entry.payload)) if (keys.get(name) === key) keys.delete(name);
  };
  const findLive = (key: string | undefined): AdapterPayload | undefined => {
    const entry = key === undefined ? undefined : entries.get(key);
    return entry !== undefined && entry.expires > Date.now() ? entry.payload : undefined;
  };
  const deleteOldest = (): void => {
    for (const [key, entry] of entries) if (entry.expires <= Date.now()) deleteEntry(key);
    for (const key of entries.keys()) {
      if (entries.size <= entriesAfterCleanup) return;
      deleteEntry(key);
    }
  };

  return (model): Adapter => ({
    upsert: async (id, payload, expiresIn) => {
      const key = `${model}:${id}`;
      // A rewritten entry becomes the newest, so a session in use is not deleted before its own old logins.
      deleteEntry(key);
      if (entries.size >= maxEntries) deleteOldest();
      const expires = expiresIn === undefined ? Infinity : Date.now() + expiresIn * 1000;
      entries.set(key, { model, payload, expires });
      for (const name of namesOf(model, payload)) keys.set(name, key);
    },
    find: async (id) => findLive(`${model}:${id}`),
    findByUid: async (uid) => findLive(keys.get(`${model} uid ${uid}`)),
    findByUserCode: async (code) => findLive(keys.get(`${model} user code ${code}`)),
    consume: async (id) => {
      const payload = findLive(`${model}:${id}`);
      if (payload !== undefined) payload.consumed = Math.floor(Date.now() / 1000);
    },
    destroy: async (id) => {
      deleteEntry(`${model}:${id}`);
    },
    revokeByGrantId: async (grantId) => {
      for (const [key, entry] of entries)
        if (revokedWithGrant.has(entry.model) && entry.payload.grantId === grantId) deleteEntry(key);
    },
  });
}
