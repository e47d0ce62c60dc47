import type { Adapter, AdapterFactory, AdapterPayload } from 'oidc-provider';

interface Entry {
  readonly model: string;
  readonly payload: AdapterPayload;
  readonly expires: number;
}

const capacity = 10_000;
/** How many stay when it is full: making room for one each time would look through all of them each time. */
const remaining = 9_000;

/** What ends with its grant, all at once; an interaction names its grant too but goes on. */
const granted: ReadonlySet<string> = new Set(['AccessToken', 'AuthorizationCode', 'RefreshToken']);

/** The other names under which a payload is looked for. */
const namesOf = (model: string, { uid, userCode }: AdapterPayload): readonly string[] => [
  ...(uid === undefined ? [] : [`${model} uid ${uid}`]),
  ...(userCode === undefined ? [] : [`${model} user code ${userCode}`]),
];

/** The memory of one provider; it holds at most 10 000 entries, forgets first what was written longest ago, and ends with the process. */
export function createMemory(): AdapterFactory {
  const entries = new Map<string, Entry>();
  const keys = new Map<string, string>();

  const forget = (key: string): void => {
    const entry = entries.get(key);
    if (entry === undefined) return;
    entries.delete(key);
    for (const name of namesOf(entry.model, entry.payload)) if (keys.get(name) === key) keys.delete(name);
  };
  const living = (key: string | undefined): AdapterPayload | undefined => {
    const entry = key === undefined ? undefined : entries.get(key);
    return entry !== undefined && entry.expires > Date.now() ? entry.payload : undefined;
  };
  const forgetOldest = (): void => {
    for (const [key, entry] of entries) if (entry.expires <= Date.now()) forget(key);
    for (const key of entries.keys()) {
      if (entries.size <= remaining) return;
      forget(key);
    }
  };

  return (model): Adapter => ({
    upsert: async (id, payload, expiresIn) => {
      const key = `${model}:${id}`;
      // What is written again is young again: a session in use outlives thousands of its own logins.
      forget(key);
      if (entries.size >= capacity) forgetOldest();
      const expires = expiresIn === undefined ? Infinity : Date.now() + expiresIn * 1000;
      entries.set(key, { model, payload, expires });
      for (const name of namesOf(model, payload)) keys.set(name, key);
    },
    find: async (id) => living(`${model}:${id}`),
    findByUid: async (uid) => living(keys.get(`${model} uid ${uid}`)),
    findByUserCode: async (code) => living(keys.get(`${model} user code ${code}`)),
    consume: async (id) => {
      const payload = living(`${model}:${id}`);
      if (payload !== undefined) payload.consumed = Math.floor(Date.now() / 1000);
    },
    destroy: async (id) => {
      forget(`${model}:${id}`);
    },
    revokeByGrantId: async (grantId) => {
      for (const [key, entry] of entries)
        if (granted.has(entry.model) && entry.payload.grantId === grantId) forget(key);
    },
  });
}
