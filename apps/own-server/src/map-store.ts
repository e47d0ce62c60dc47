import type { NewStoredSession, SessionStore } from '@foyer/fastify';

/** A value that expires, in milliseconds since the epoch. */
interface Expiring {
  readonly expiresAt: number;
}

/** Creates a map that deletes its expired entries whenever one is added. */
const createExpiringMap = <Value extends Expiring>() => {
  const entries = new Map<string, Value>();
  const find = (key: string): Value | undefined => {
    const value = entries.get(key);
    return value !== undefined && Date.now() < value.expiresAt ? value : undefined;
  };
  const set = (key: string, value: Value): void => {
    for (const known of entries.keys()) if (find(known) === undefined) entries.delete(known);
    entries.set(key, value);
  };
  const remove = (key: string): boolean => find(key) !== undefined && entries.delete(key);
  const all = (): readonly Value[] => [...entries.values()].filter((value) => Date.now() < value.expiresAt);
  return { find, set, remove, all };
};

/** Creates a session store in memory, for one process. No operation waits, so each is atomic. */
export const createMapStore = (): SessionStore => {
  const sessions = createExpiringMap<NewStoredSession>();
  const claims = createExpiringMap<Expiring & { readonly note: number }>();
  const leases = createExpiringMap<Expiring & { readonly holder: string }>();
  const listeners = new Set<(message: string) => void>();
  const change = (id: string, changes: Partial<NewStoredSession>): boolean => {
    const session = sessions.find(id);
    if (session !== undefined) sessions.set(id, { ...session, ...changes });
    return session !== undefined;
  };
  return {
    insert: async (session) => sessions.set(session.id, session),
    read: async (id) => sessions.find(id),
    update: async (id, expectedVersion, sealed) =>
      sessions.find(id)?.version === expectedVersion && change(id, { sealed, version: expectedVersion + 1 }),
    touch: async (id, lastSeenAt, expiresAt) => {
      const session = sessions.find(id);
      return change(id, {
        lastSeenAt: Math.max(lastSeenAt, session?.lastSeenAt ?? 0),
        expiresAt: Math.max(expiresAt, session?.expiresAt ?? 0),
      });
    },
    remove: async (id) => sessions.remove(id),
    findBySubject: async (subject) => sessions.all().filter((session) => session.subject === subject),
    findByProviderSession: async (sid) =>
      sessions.all().flatMap(({ id, providerSession }) => (providerSession === sid ? [id] : [])),
    claim: async (value, expiresAt, note = 0) => {
      const known = claims.find(value);
      claims.set(value, {
        expiresAt: Math.max(expiresAt, known?.expiresAt ?? 0),
        note: Math.max(note, known?.note ?? note),
      });
      return known === undefined;
    },
    noteClaim: async (value, note) => {
      const known = claims.find(value);
      if (known !== undefined) claims.set(value, { ...known, note: Math.max(note, known.note) });
    },
    readClaim: async (value) => claims.find(value)?.note,
    acquireLease: async (id, holder, milliseconds) => {
      if ((leases.find(id)?.holder ?? holder) !== holder) return false;
      leases.set(id, { holder, expiresAt: Date.now() + milliseconds });
      return true;
    },
    releaseLease: async (id, holder) => {
      if (leases.find(id)?.holder === holder) leases.remove(id);
    },
    publish: async (message) => {
      for (const listener of listeners) listener(message);
    },
    subscribe: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    count: async () => sessions.all().length,
    check: async () => undefined,
    close: async () => undefined,
  };
};
