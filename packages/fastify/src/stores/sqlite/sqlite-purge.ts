import type { DatabaseSync, StatementSync } from 'node:sqlite';

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

/** What is left to do of a turn, and what was done. */
interface Turn {
  /** What deletes of the tables that may have more to delete. */
  readonly tables: readonly StatementSync[];
  readonly isWalking: boolean;
  /** Strides so far that met no expired session. */
  readonly inVain: number;
  readonly isChanged: boolean;
}

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
  const look = database.prepare(
    `SELECT max(place) AS place, total(ended) AS ended FROM
     (SELECT rowid AS place, expires_at <= ? AS ended FROM sessions WHERE rowid > ? ORDER BY rowid LIMIT ${stride})`,
  );
  const deleteBetween = database.prepare(
    'DELETE FROM sessions WHERE rowid > ? AND rowid <= ? AND expires_at <= ?',
  );
  let position = 0;
  let failure: unknown;

  /** Pages that nothing is on any more. */
  const giveBack = (): void => database.exec('PRAGMA incremental_vacuum(2000)');

  const end = (isChanged: boolean): void => {
    // Of sessions that ended otherwise.
    giveBack();
    // The file is smaller only when the log has been written back to it.
    if (isChanged) database.exec('PRAGMA wal_checkpoint(PASSIVE)');
  };

  /** How many of the next sessions have expired; `undefined` after the last, and the first is the next again. */
  const walk = (): number | undefined => {
    const now = clock();
    const { place, ended } = look.get(now, position) ?? {};
    if (typeof place !== 'number') {
      position = 0;
      return undefined;
    }
    // Deleting nothing would still wait for whoever writes.
    if (Number(ended) > 0) deleteBetween.run(position, place, now);
    position = place;
    return Number(ended);
  };

  const step = ({ tables, isWalking, inVain, isChanged }: Turn): Turn => {
    const deleted = tables.map((table) => Number(table.run(clock()).changes));
    const ended = isWalking ? walk() : undefined;
    const misses = ended === 0 ? inVain + 1 : inVain;
    const hasDeleted = [...deleted, ended ?? 0].some((count) => count > 0);
    if (hasDeleted) giveBack();
    return {
      tables: tables.filter((_table, index) => deleted[index] === stride),
      isWalking: ended !== undefined && misses < mostInVain,
      inVain: misses,
      isChanged: isChanged || hasDeleted,
    };
  };

  const purge = (turn: Turn): void => {
    try {
      const rest = step(turn);
      failure = undefined;
      if (rest.tables.length > 0 || rest.isWalking) setImmediate(() => database.isOpen && purge(rest));
      else end(rest.isChanged);
    } catch (error) {
      if (!isBusy(error)) failure = error;
    }
  };

  const whole: Turn = { tables: others, isWalking: true, inVain: 0, isChanged: false };
  const timer = setInterval(purge, interval, whole);
  timer.unref();
  return { failure: () => failure, stop: () => clearInterval(timer) };
};
