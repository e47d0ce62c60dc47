import type { DatabaseSync, StatementSync } from 'node:sqlite';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { isBusy } from './sqlite-file.ts';

/** Deletes what has expired, every 30 s. */
export interface SqlitePurge {
  /** Why the last purge failed; `undefined` when it did not. A locked file is no failure: the next purge comes. */
  readonly failure: () => unknown;
  readonly stop: () => void;
}

const intervalMs = 30_000;

/** Rows that are deleted, and pages that are freed, before other work has its turn of the event loop. */
const rowsPerTurn = 500;
const pagesPerTurn = 2000;

const purgedTables = [
  { table: 'sessions', key: 'rowid' },
  { table: 'claims', key: 'id' },
  { table: 'leases', key: 'id' },
  { table: 'messages', key: 'id' },
] as const;

const deleteExpired = async (
  database: DatabaseSync,
  deletion: StatementSync,
  clock: () => number,
): Promise<void> => {
  for (let isMore = true; isMore && database.isOpen; await nextTurn()) {
    isMore = Number(deletion.run(clock()).changes) === rowsPerTurn;
    database.exec(`PRAGMA incremental_vacuum(${pagesPerTurn})`);
  }
};

/** Purges a session file by the index that each table has on its expiry. */
export const startSqlitePurge = (database: DatabaseSync, clock: () => number): SqlitePurge => {
  const deletions = purgedTables.map(({ table, key }) =>
    database.prepare(
      `DELETE FROM ${table} WHERE ${key} IN (SELECT ${key} FROM ${table} WHERE expires_at <= ? LIMIT ${rowsPerTurn})`,
    ),
  );
  let failure: unknown;
  let isRunning = false;

  const purgeAll = async (): Promise<void> => {
    for (const deletion of deletions) await deleteExpired(database, deletion, clock);
    // The file is smaller only when the log has been written back to it.
    if (database.isOpen) database.exec('PRAGMA wal_checkpoint(PASSIVE)');
    failure = undefined;
  };

  const purge = async (): Promise<void> => {
    if (isRunning) return;
    isRunning = true;
    try {
      await purgeAll();
    } catch (error) {
      if (!isBusy(error)) failure = error;
    } finally {
      isRunning = false;
    }
  };

  const timer = setInterval(() => void purge(), intervalMs).unref();
  return { failure: () => failure, stop: () => clearInterval(timer) };
};
