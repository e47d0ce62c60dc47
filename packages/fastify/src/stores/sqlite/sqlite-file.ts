import { closeSync, mkdirSync, openSync } from 'node:fs';
import { dirname } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { setTimeout as wait } from 'node:timers/promises';

/**
 * What each version of the file's format adds to the one before, the first to an empty file (or to one from before the
 * versions were counted). Released steps are never changed: a new version is a new step. The record is the last column,
 * because sqlite reads all of a large one for a column that comes after it.
 */
const steps: readonly string[] = [
  `CREATE TABLE IF NOT EXISTS sessions (
    id TEXT PRIMARY KEY, version INTEGER NOT NULL, last_seen_at INTEGER NOT NULL, expires_at INTEGER NOT NULL,
    subject TEXT NOT NULL, provider_session TEXT, about BLOB NOT NULL, sealed BLOB NOT NULL
  ) STRICT;
  CREATE INDEX IF NOT EXISTS sessions_expiry ON sessions (expires_at);
  CREATE INDEX IF NOT EXISTS sessions_subject ON sessions (subject);
  CREATE INDEX IF NOT EXISTS sessions_provider ON sessions (provider_session) WHERE provider_session IS NOT NULL;
  CREATE TABLE IF NOT EXISTS claims (id TEXT PRIMARY KEY, expires_at INTEGER NOT NULL) STRICT, WITHOUT ROWID;
  CREATE INDEX IF NOT EXISTS claims_expiry ON claims (expires_at);
  CREATE TABLE IF NOT EXISTS leases (id TEXT PRIMARY KEY, holder TEXT NOT NULL, expires_at INTEGER NOT NULL) STRICT;
  CREATE INDEX IF NOT EXISTS leases_expiry ON leases (expires_at);
  CREATE TABLE IF NOT EXISTS messages (
    id INTEGER PRIMARY KEY AUTOINCREMENT, sender TEXT NOT NULL, message TEXT NOT NULL, expires_at INTEGER NOT NULL
  ) STRICT;
  CREATE INDEX IF NOT EXISTS messages_expiry ON messages (expires_at);`,
  'ALTER TABLE claims ADD COLUMN note INTEGER NOT NULL DEFAULT 0',
];

/** How long opening the file may wait for another program that has it locked. */
const openTimeoutMs = 800;

const readVersion = (database: DatabaseSync): number =>
  Number(database.prepare('PRAGMA user_version').get()?.user_version ?? 0);

/** Brings the file to the newest format. Within one transaction: of several processes that open it, one does. */
const upgrade = (database: DatabaseSync): void => {
  database.exec('BEGIN IMMEDIATE');
  const version = readVersion(database);
  if (version > steps.length) {
    throw new Error(
      `The session file has format ${version}, this program knows ${steps.length}: use the newer program, or another file`,
    );
  }
  for (const step of steps.slice(version)) database.exec(step);
  database.exec(`PRAGMA user_version = ${steps.length}; COMMIT`);
};

/**
 * Opens the file, for its owner alone, with the tables in it; `:memory:` is kept nowhere. Statements do not wait for
 * another program that has the file locked: they throw, see `retryWhileBusy`.
 */
export const openDatabase = (file: string): DatabaseSync => {
  if (file !== ':memory:') {
    mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
    closeSync(openSync(file, 'a', 0o600));
  }
  const database = new DatabaseSync(file, { timeout: openTimeoutMs });
  try {
    database.exec('PRAGMA auto_vacuum = INCREMENTAL; PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL');
    database.exec('PRAGMA journal_size_limit = 4194304');
    upgrade(database);
    database.exec('PRAGMA busy_timeout = 0');
    return database;
  } catch (error) {
    database.close();
    throw error;
  }
};

/** Less than the second within which a store has to answer. */
const deadlineMs = 800;
const longestPauseMs = 20;

/** SQLITE_BUSY; its extended codes have it in the lowest byte. @see https://www.sqlite.org/rescode.html#busy */
const busyCode = 5;

/** Whether an error says that another connection has the file locked. */
export const isBusy = (error: unknown): boolean =>
  error instanceof Error &&
  'errcode' in error &&
  typeof error.errcode === 'number' &&
  error.errcode % 256 === busyCode;

/**
 * Runs a statement until the file is not locked, at most 800 ms. The pauses are of the caller alone: waiting within sqlite
 * (`busy_timeout`) would stop the whole process.
 */
export const retryWhileBusy = async <Result>(statement: () => Result): Promise<Result> => {
  const deadline = performance.now() + deadlineMs;
  for (let pauseMs = 1; ; pauseMs = Math.min(pauseMs * 2, longestPauseMs)) {
    try {
      return statement();
    } catch (error) {
      if (!isBusy(error) || performance.now() >= deadline) throw error;
    }
    await wait(pauseMs * (0.5 + Math.random()));
  }
};
