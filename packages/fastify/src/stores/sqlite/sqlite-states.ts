import type { StoredState } from '../session-store.ts';
import type { SqliteChanges } from './sqlite-changes.ts';

/** States that were read before and are known to be those of this moment. */
export interface SqliteStates {
  /** The state, from the file when anything may have changed since it was read; never one that is over. */
  readonly read: (id: string) => StoredState | undefined;
  /** Has to be called for every session that this connection is about to write. */
  readonly forget: (id: string) => void;
}

/** States that are kept at most; with more, all are read anew. */
const mostKept = 1000;

/** Keeps states for as long as no other connection has written; `hasChanged` tells that, at every read. */
export const createSqliteStates = (
  hasChanged: SqliteChanges,
  clock: () => number,
  readState: (id: string) => StoredState | undefined,
): SqliteStates => {
  const states = new Map<string, StoredState>();
  return {
    read: (id) => {
      if (hasChanged()) states.clear();
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
