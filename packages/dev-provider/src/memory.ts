import type { Adapter, AdapterFactory, AdapterPayload } from 'oidc-provider';

interface Entry {
  readonly model: string;
  readonly payload: AdapterPayload;
  readonly expires: number;
}

const capacity = 10_000;

/** What ends with its grant, all at once; an interaction names its grant too but goes on. */
const granted: ReadonlySet<string> = new Set(['AccessToken', 'AuthorizationCode', 'RefreshToken']);

/** The memory of one provider; it holds at most 10 000 entries, forgets first what was written longest ago, and ends with the process. */
export function createMemory(): AdapterFactory {
  const entries = new Map<string, Entry>();

  const living = (key: string): AdapterPayload | undefined => {
    const entry = entries.get(key);
    return entry !== undefined && entry.expires > Date.now() ? entry.payload : undefined;
  };
  const forgetOldest = (): void => {
    for (const [key, entry] of entries) if (entry.expires <= Date.now()) entries.delete(key);
    for (const key of entries.keys()) {
      if (entries.size < capacity) return;
      entries.delete(key);
    }
  };
  const findBy = (model: string, name: 'uid' | 'userCode', value: string): AdapterPayload | undefined => {
    for (const [key, entry] of entries)
      if (entry.model === model && entry.payload[name] === value) return living(key);
    return undefined;
  };

  return (model): Adapter => ({
    upsert: async (id, payload, expiresIn) => {
      const key = `${model}:${id}`;
      // What is written again is young again: a session in use outlives thousands of its own logins.
      entries.delete(key);
      if (entries.size >= capacity) forgetOldest();
      const expires = expiresIn === undefined ? Infinity : Date.now() + expiresIn * 1000;
      entries.set(key, { model, payload, expires });
    },
    find: async (id) => living(`${model}:${id}`),
    findByUid: async (uid) => findBy(model, 'uid', uid),
    findByUserCode: async (code) => findBy(model, 'userCode', code),
    consume: async (id) => {
      const payload = living(`${model}:${id}`);
      if (payload !== undefined) payload.consumed = Math.floor(Date.now() / 1000);
    },
    destroy: async (id) => {
      entries.delete(`${model}:${id}`);
    },
    revokeByGrantId: async (grantId) => {
      for (const [key, entry] of entries)
        if (granted.has(entry.model) && entry.payload.grantId === grantId) entries.delete(key);
    },
  });
}
