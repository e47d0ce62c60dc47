import type { DatabaseSync } from 'node:sqlite';

/** Deletes what has expired, turn after turn. */
export interface SqlitePurge {
  /** Why the last turn failed; `undefined` when it did not. A busy file is no failure: the next turn comes. */
  readonly failure: () => unknown;
  readonly stop: () => void;
}

const interval = 30_000;

/** Rows that go, and sessions that are looked at, before others have their turn of the event loop. */
const stride = 500;

/** Strides without an expired session until a turn is over: some 10,000 sessions are looked at every 30 s. */
const mostInVain = 20;

const busy = 5;

const isBusy = (error: unknown): boolean =>
  error instanceof Error && 'errcode' in error && error.errcode === busy;

/**
 * Purges a session file. Sessions are walked through from the first to the last: an index by their ends would cost every
 * sign-in and every extension of a session a page of the file, and no read asks for it.
 */
export const startSqlitePurge = (database: DatabaseSync, clock: () => number): SqlitePurge => {
  const others = ['claims', 'leases', 'messages'].map((table) =>
    database.prepare(
      `DELETE FROM ${table} WHERE id IN (SELECT id FROM ${table} WHERE expires_at <= ? LIMIT ${stride})`,
    ),
  );
  const next = database.prepare(
    `SELECT max(place) AS place FROM
     (SELECT rowid AS place FROM sessions WHERE rowid > ? ORDER BY rowid LIMIT ${stride})`,
  );
  const deleteBetween = database.prepare(
    'DELETE FROM sessions WHERE rowid > ? AND rowid <= ? AND expires_at <= ?',
  );
  let position = 0;
  let failure: unknown;

  /** How many of the next sessions have expired; `undefined` after the last, and the first is the next again. */
  const walk = (): number | bigint | undefined => {
    const place = next.get(position)?.place;
    if (typeof place !== 'number') {
      position = 0;
      return undefined;
    }
    const { changes } = deleteBetween.run(position, place, clock());
    position = place;
    return changes;
  };

  const purge = (inVain: number, isContinued: boolean): void => {
    try {
      const purged = others.map((statement) => statement.run(clock()).changes);
      const ended = walk();
      const misses = ended === 0 ? inVain + 1 : inVain;
      const isChanged = isContinued || [...purged, ended ?? 0].some((changes) => changes > 0);
      database.exec('PRAGMA incremental_vacuum(2000)');
      failure = undefined;
      if (purged.includes(stride) || (ended !== undefined && misses < mostInVain))
        setImmediate(() => database.isOpen && purge(misses, isChanged));
      // The file is smaller only when the log has been written back to it.
      else if (isChanged) database.exec('PRAGMA wal_checkpoint(PASSIVE)');
    } catch (error) {
      if (!isBusy(error)) failure = error;
    }
  };

  const timer = setInterval(purge, interval, 0, false);
  timer.unref();
  return { failure: () => failure, stop: () => clearInterval(timer) };
};
