import type { SessionStore } from '../../src/index.ts';
import { openMemoryStore } from '../../src/stores/sqlite/sqlite-store.ts';

/** A store that keeps a login from being finished: its session is inserted when the test lets it. */
export interface HeldInsert {
  readonly sessionStore: SessionStore;
  /** Resolves when a session is about to be inserted. */
  readonly isInserting: Promise<void>;
  readonly letInsert: () => void;
}

/** Makes such a store. */
export const holdInsert = (): HeldInsert => {
  const store = openMemoryStore();
  const inserting = Promise.withResolvers<void>();
  const isLet = Promise.withResolvers<void>();
  const insert: typeof store.insert = async (session) => {
    inserting.resolve();
    await isLet.promise;
    return store.insert(session);
  };
  return { sessionStore: { ...store, insert }, isInserting: inserting.promise, letInsert: isLet.resolve };
};
