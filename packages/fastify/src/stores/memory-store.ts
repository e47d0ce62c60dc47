import type { SessionStore } from './session-store.ts';
import { openSqliteStore, type SqliteStoreOptions } from './sqlite/sqlite-store.ts';

/** Opens a store that lives as long as its process, for tests and trials. */
export const openMemoryStore = (options: Omit<SqliteStoreOptions, 'file'> = {}): SessionStore =>
  openSqliteStore({ ...options, file: ':memory:' });
