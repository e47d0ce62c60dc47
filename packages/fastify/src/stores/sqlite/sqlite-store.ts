import type { SQLOutputValue } from 'node:sqlite';
import type { SessionStore, StoredState } from '../session-store.ts';
import { watchSqliteChanges } from './sqlite-changes.ts';
import { createSqliteMessages } from './sqlite-messages.ts';
import { startSqlitePurge } from './sqlite-purge.ts';
import { openDatabase } from './sqlite-schema.ts';
import { createSqliteStates } from './sqlite-states.ts';

/** Where a sqlite store keeps its sessions. */
export interface SqliteStoreOptions {
  /** Path of the file, made when it is not there; `:memory:` for none. */
  readonly file: string;
  /** Milliseconds since the epoch. Default `Date.now`. */
  readonly clock?: (() => number) | undefined;
}

const readBytes = (value: SQLOutputValue | undefined): Uint8Array => {
  if (value instanceof Uint8Array) return value;
  throw new TypeError('The session file holds something else where bytes should be');
};

const stateOf = (row: Readonly<Record<string, SQLOutputValue>>): StoredState => ({
  version: Number(row.version),
  lastSeenAt: Number(row.last_seen_at),
  expiresAt: Number(row.expires_at),
});

/**
 * Opens sessions in one sqlite file, which several processes of one machine may share.
 *
 * @throws Error when the file cannot be opened or made.
 */
export const openSqliteStore = ({ file, clock = Date.now }: SqliteStoreOptions): SessionStore => {
  const database = openDatabase(file);
  const messages = createSqliteMessages(database, clock);
  const sql = (text: string) => database.prepare(text);
  const state = 'version, last_seen_at, expires_at';
  const insert = sql(
    `INSERT INTO sessions (id, ${state}, subject, provider_session, about, sealed)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
  );
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
     DO UPDATE SET holder = excluded.holder, expires_at = excluded.expires_at
     WHERE leases.expires_at <= ? OR leases.holder = excluded.holder`,
  );
  const release = sql('DELETE FROM leases WHERE id = ? AND holder = ?');
  const count = sql('SELECT count(*) AS sessions FROM sessions');
  const hasChanged = file === ':memory:' ? () => false : watchSqliteChanges(database, file);
  const states = createSqliteStates(hasChanged, clock, (id) => {
    const row = readState.get(id, clock());
    return row === undefined ? undefined : stateOf(row);
  });
  const purge = startSqlitePurge(database, clock);

  return {
    insert: (session) => {
      const { id, version, sealed, lastSeenAt, expiresAt, subject, providerSession, about } = session;
      insert.run(id, version, lastSeenAt, expiresAt, subject, providerSession ?? null, about, sealed);
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
      const failure = purge.failure() ?? messages.failure();
      if (failure !== undefined) throw failure;
      acquire.run('check', 'check', clock(), clock());
    },
    close: async () => {
      purge.stop();
      messages.stop();
      if (database.isOpen) database.close();
    },
  };
};
