import type { DatabaseSync } from 'node:sqlite';
import type { StoredState } from './session-store.ts';

/** States that were read before and are known to be those of this moment. */
export interface SqliteStates {
  /** The state, from the file when anything may have changed since it was read; never one that is over. */
  readonly read: (id: string) => StoredState | undefined;
  /** Has to be called for every session that this connection is about to write. */
  readonly forget: (id: string) => void;
}

/** States that are kept at most; with more, all are read anew. */
const mostKept = 1000;

/**
 * Keeps states for as long as no other connection has written to a shared file, which sqlite tells at less than
 * half the price of a look-up.
 *
 * @see https://www.sqlite.org/pragma.html#pragma_data_version
 */
export const createSqliteStates = (
  { database, isShared }: { readonly database: DatabaseSync; readonly isShared: boolean },
  clock: () => number,
  readState: (id: string) => StoredState | undefined,
): SqliteStates => {
  const dataVersion = database.prepare('PRAGMA data_version');
  dataVersion.setReturnArrays(true);
  const states = new Map<string, StoredState>();
  let known: unknown;
  return {
    read: (id) => {
      const current = isShared ? dataVersion.get()?.[0] : known;
      if (current !== known) states.clear();
      known = current;
      const kept = states.get(id);
      if (kept !== undefined) return kept.expiresAt > clock() ? kept : undefined;
      const state = readState(id);
      if (states.size >= mostKept) states.clear();
      if (state !== undefined) states.set(id, state);
      return state;
    },
    forget: (id) => {
      states.delete(id);
    },
  };
};
