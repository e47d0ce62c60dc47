import { closeSync, mkdirSync, openSync } from 'node:fs';
import { dirname } from 'node:path';
import { DatabaseSync } from 'node:sqlite';

// Each index is one more page of the file that every sign-in writes: what has expired is found without one. The record
// is last, because sqlite reads all of a large one for a column that comes after it.
const schema = `
  CREATE TABLE IF NOT EXISTS sessions (
    id TEXT PRIMARY KEY, version INTEGER NOT NULL, last_seen_at INTEGER NOT NULL, expires_at INTEGER NOT NULL,
    subject TEXT NOT NULL, provider_session TEXT, about BLOB NOT NULL, sealed BLOB NOT NULL
  ) STRICT;
  CREATE INDEX IF NOT EXISTS sessions_subject ON sessions (subject);
  CREATE INDEX IF NOT EXISTS sessions_provider ON sessions (provider_session) WHERE provider_session IS NOT NULL;
  CREATE TABLE IF NOT EXISTS claims (
    id TEXT PRIMARY KEY, expires_at INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS leases (
    id TEXT PRIMARY KEY, holder TEXT NOT NULL, expires_at INTEGER NOT NULL
  ) STRICT;
  CREATE TABLE IF NOT EXISTS messages (
    id INTEGER PRIMARY KEY AUTOINCREMENT, sender TEXT NOT NULL, message TEXT NOT NULL,
    expires_at INTEGER NOT NULL
  ) STRICT;`;

/** Opens the file, for its owner alone, with the tables in it; `:memory:` is kept nowhere. */
export const openDatabase = (file: string): DatabaseSync => {
  if (file !== ':memory:') {
    mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
    closeSync(openSync(file, 'a', 0o600));
  }
  const database = new DatabaseSync(file, { timeout: 800 });
  // Two sessions fill a usual page by three quarters, twenty a large one; a file would write as much for one of them.
  if (file === ':memory:') database.exec('PRAGMA page_size = 32768');
  database.exec('PRAGMA auto_vacuum = INCREMENTAL; PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL');
  database.exec('PRAGMA journal_size_limit = 4194304');
  database.exec(`BEGIN IMMEDIATE; ${schema} COMMIT`);
  return database;
};
