import type { SQLOutputValue } from 'node:sqlite';
import type { SessionStore, StoredState } from './session-store.ts';
import { watchSqliteChanges } from './sqlite-changes.ts';
import { createSqliteMessages } from './sqlite-messages.ts';
import { openDatabase } from './sqlite-schema.ts';
import { createSqliteStates } from './sqlite-states.ts';

/** Where a sqlite store keeps its sessions. */
export interface SqliteStoreOptions {
  /** Path of the file, made when it is not there; `:memory:` for none. */
  readonly file: string;
  /** Milliseconds since the epoch. Default `Date.now`. */
  readonly clock?: (() => number) | undefined;
}

const purgeInterval = 30_000;
const purgeLimit = 500;
const busy = 5;

const readBytes = (value: SQLOutputValue | undefined): Uint8Array => {
  if (value instanceof Uint8Array) return value;
  throw new TypeError('The session file holds something else where bytes should be');
};

const stateOf = (row: Readonly<Record<string, SQLOutputValue>>): StoredState => ({
  version: Number(row.version),
  lastSeenAt: Number(row.last_seen_at),
  expiresAt: Number(row.expires_at),
});

const isBusy = (error: unknown): boolean =>
  error instanceof Error && 'errcode' in error && error.errcode === busy;

/**
 * Opens sessions in one sqlite file, which several processes of one machine may share.
 *
 * @throws Error when the file cannot be opened or made.
 */
export const openSqliteStore = ({ file, clock = Date.now }: SqliteStoreOptions): SessionStore => {
  const database = openDatabase(file);
  const messages = createSqliteMessages(database, clock);
  const sql = (text: string) => database.prepare(text);
  const insert = sql('INSERT INTO sessions VALUES (?, ?, ?, ?, ?, ?, ?, ?)');
  const state = 'version, last_seen_at, expires_at';
  const read = sql(`SELECT ${state}, sealed FROM sessions WHERE id = ? AND expires_at > ?`);
  const readState = sql(`SELECT ${state} FROM sessions WHERE id = ? AND expires_at > ?`);
  const update = sql(
    'UPDATE sessions SET sealed = ?, version = version + 1 WHERE id = ? AND version = ? AND expires_at > ?',
  );
  const touch = sql(
    `UPDATE sessions SET last_seen_at = max(last_seen_at, ?), expires_at = max(expires_at, ?)
     WHERE id = ? AND expires_at > ?`,
  );
  const remove = sql('DELETE FROM sessions WHERE id = ? RETURNING expires_at');
  const bySubject = sql('SELECT id, about, last_seen_at FROM sessions WHERE subject = ? AND expires_at > ?');
  const byProvider = sql('SELECT id FROM sessions WHERE provider_session = ? AND expires_at > ?');
  const claim = sql(
    `INSERT INTO claims VALUES (?, ?) ON CONFLICT (id) DO UPDATE SET expires_at = excluded.expires_at
     WHERE claims.expires_at <= ?`,
  );
  const isClaimed = sql('SELECT 1 FROM claims WHERE id = ? AND expires_at > ?');
  const acquire = sql(
    `INSERT INTO leases VALUES (?, ?, ?) ON CONFLICT (id)
     DO UPDATE SET holder = excluded.holder, expires_at = excluded.expires_at WHERE leases.expires_at <= ?`,
  );
  const release = sql('DELETE FROM leases WHERE id = ? AND holder = ?');
  const count = sql('SELECT count(*) AS sessions FROM sessions');
  const purges = ['sessions', 'claims', 'leases', 'messages'].map((table) =>
    sql(
      `DELETE FROM ${table} WHERE id IN
       (SELECT id FROM ${table} WHERE expires_at <= ? LIMIT ${purgeLimit})`,
    ),
  );
  const hasChanged = file === ':memory:' ? () => false : watchSqliteChanges(database, file);
  const states = createSqliteStates(hasChanged, clock, (id) => {
    const row = readState.get(id, clock());
    return row === undefined ? undefined : stateOf(row);
  });
  let purgeError: unknown;

  const purge = (isContinued: boolean): void => {
    try {
      const purged = purges.map((statement) => statement.run(clock()).changes);
      database.exec('PRAGMA incremental_vacuum(2000)');
      purgeError = undefined;
      if (purged.includes(purgeLimit)) setImmediate(() => database.isOpen && purge(true));
      // The file is smaller only when the log has been written back to it.
      else if (isContinued || purged.some((changes) => changes > 0))
        database.exec('PRAGMA wal_checkpoint(PASSIVE)');
    } catch (error) {
      // A busy file is purged at the next turn; anything else is told by `check`.
      if (!isBusy(error)) purgeError = error;
    }
  };
  const timer = setInterval(purge, purgeInterval, false);
  timer.unref();

  return {
    insert: (session) => {
      const { id, version, sealed, lastSeenAt, expiresAt, subject, providerSession, about } = session;
      insert.run(id, version, sealed, lastSeenAt, expiresAt, subject, providerSession ?? null, about);
    },
    read: (id) => {
      const row = read.get(id, clock());
      if (row === undefined) return undefined;
      return { id, sealed: readBytes(row.sealed), ...stateOf(row) };
    },
    readState: states.read,
    update: (id, expectedVersion, sealed) => {
      states.forget(id);
      return update.run(sealed, id, expectedVersion, clock()).changes === 1;
    },
    touch: (id, lastSeenAt, expiresAt) => {
      states.forget(id);
      return touch.run(lastSeenAt, expiresAt, id, clock()).changes === 1;
    },
    remove: (id) => {
      states.forget(id);
      return Number(remove.get(id)?.expires_at ?? 0) > clock();
    },
    findBySubject: (subject) =>
      bySubject.all(subject, clock()).map(({ id, about, last_seen_at }) => ({
        id: String(id),
        about: readBytes(about),
        lastSeenAt: Number(last_seen_at),
      })),
    findByProviderSession: (session) => byProvider.all(session, clock()).map(({ id }) => String(id)),
    claim: (value, expiresAt) => claim.run(value, expiresAt, clock()).changes === 1,
    isClaimed: (value) => isClaimed.get(value, clock()) !== undefined,
    acquireLease: (id, holder, milliseconds) =>
      acquire.run(id, holder, clock() + milliseconds, clock()).changes === 1,
    releaseLease: (id, holder) => {
      release.run(id, holder);
    },
    publish: messages.publish,
    subscribe: messages.subscribe,
    count: () => Number(count.get()?.sessions ?? 0),
    check: () => {
      const failure = purgeError ?? messages.failure();
      if (failure !== undefined) throw failure;
      acquire.run('check', 'check', clock(), clock());
    },
    close: async () => {
      clearInterval(timer);
      messages.stop();
      if (database.isOpen) database.close();
    },
  };
};
