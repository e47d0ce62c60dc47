import type { DatabaseSync, SQLOutputValue } from 'node:sqlite';
import type { SessionStore } from '../session-store.ts';
import { openDatabase, retryWhileBusy } from './sqlite-file.ts';
import { createSqliteMessages } from './sqlite-messages.ts';
import { startSqlitePurge } from './sqlite-purge.ts';

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

const createSessionOperations = (database: DatabaseSync, clock: () => number) => {
  const insert = database.prepare(
    `INSERT INTO sessions (id, version, last_seen_at, expires_at, subject, provider_session, about, sealed)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
  );
  const read = database.prepare(
    `SELECT version, last_seen_at, expires_at, CASE version WHEN ? THEN NULL ELSE sealed END AS sealed
     FROM sessions WHERE id = ? AND expires_at > ?`,
  );
  // Names of columns would be made again for each row.
  read.setReturnArrays(true);
  const update = database.prepare(
    'UPDATE sessions SET sealed = ?, version = version + 1 WHERE id = ? AND version = ? AND expires_at > ?',
  );
  const touch = database.prepare(
    `UPDATE sessions SET last_seen_at = max(last_seen_at, ?), expires_at = max(expires_at, ?)
     WHERE id = ? AND expires_at > ?`,
  );
  const remove = database.prepare('DELETE FROM sessions WHERE id = ? RETURNING expires_at');
  return {
    insert: ({ id, version, sealed, lastSeenAt, expiresAt, subject, providerSession, about }) =>
      retryWhileBusy(() => {
        insert.run(id, version, lastSeenAt, expiresAt, subject, providerSession ?? null, about, sealed);
      }),
    read: (id, knownVersion = 0) =>
      retryWhileBusy(() => {
        const row = read.get(knownVersion, id, clock());
        if (row === undefined) return undefined;
        const { 0: version, 1: lastSeenAt, 2: expiresAt, 3: sealed } = row;
        return {
          id,
          version: Number(version),
          lastSeenAt: Number(lastSeenAt),
          expiresAt: Number(expiresAt),
          sealed: sealed === null ? undefined : readBytes(sealed),
        };
      }),
    update: async (id, expectedVersion, sealed) =>
      (await retryWhileBusy(() => update.run(sealed, id, expectedVersion, clock()))).changes === 1,
    touch: async (id, lastSeenAt, expiresAt) =>
      (await retryWhileBusy(() => touch.run(lastSeenAt, expiresAt, id, clock()))).changes === 1,
    remove: async (id) => {
      const row = await retryWhileBusy(() => remove.get(id));
      return Number(row?.expires_at ?? 0) > clock();
    },
  } satisfies Partial<SessionStore>;
};

const createSessionSearch = (database: DatabaseSync, clock: () => number) => {
  const bySubject = database.prepare(
    'SELECT id, about, last_seen_at FROM sessions WHERE subject = ? AND expires_at > ?',
  );
  const byProvider = database.prepare(
    'SELECT id FROM sessions WHERE provider_session = ? AND expires_at > ?',
  );
  const count = database.prepare('SELECT count(*) AS sessions FROM sessions');
  return {
    findBySubject: async (subject) => {
      const rows = await retryWhileBusy(() => bySubject.all(subject, clock()));
      return rows.map(({ id, about, last_seen_at }) => ({
        id: String(id),
        about: readBytes(about),
        lastSeenAt: Number(last_seen_at),
      }));
    },
    findByProviderSession: async (providerSession) => {
      const rows = await retryWhileBusy(() => byProvider.all(providerSession, clock()));
      return rows.map(({ id }) => String(id));
    },
    count: async () => Number((await retryWhileBusy(() => count.get()))?.sessions ?? 0),
  } satisfies Partial<SessionStore>;
};

const createOneTimeValues = (database: DatabaseSync, clock: () => number) => {
  const insert = database.prepare(
    `INSERT INTO claims (id, expires_at, note) VALUES (?, ?, ?) ON CONFLICT (id)
     DO UPDATE SET expires_at = excluded.expires_at, note = excluded.note WHERE claims.expires_at <= ?`,
  );
  const raise = database.prepare(
    'UPDATE claims SET expires_at = max(expires_at, ?), note = max(note, ?) WHERE id = ?',
  );
  // A time that stays as it is leaves the index on it alone.
  const writeNote = database.prepare('UPDATE claims SET note = max(note, ?) WHERE id = ?');
  const read = database.prepare('SELECT note FROM claims WHERE id = ? AND expires_at > ?');
  const claim: SessionStore['claim'] = async (value, expiresAt, note = 0) => {
    const inserted = await retryWhileBusy(() => insert.run(value, expiresAt, note, clock()));
    if (inserted.changes === 1) return true;
    const raised = await retryWhileBusy(() => raise.run(expiresAt, note, value));
    // An earlier claim that has ended between the two statements may be deleted by now.
    return raised.changes === 1 ? false : claim(value, expiresAt, note);
  };
  return {
    claim,
    noteClaim: (value, note) =>
      retryWhileBusy(() => {
        writeNote.run(note, value);
      }),
    readClaim: (value) =>
      retryWhileBusy(() => {
        const row = read.get(value, clock());
        return row && Number(row.note);
      }),
  } satisfies Partial<SessionStore>;
};

const createLeases = (database: DatabaseSync, clock: () => number) => {
  const acquire = database.prepare(
    `INSERT INTO leases (id, holder, expires_at) VALUES (?, ?, ?) ON CONFLICT (id)
     DO UPDATE SET holder = excluded.holder, expires_at = excluded.expires_at
     WHERE leases.expires_at <= ? OR leases.holder = excluded.holder`,
  );
  const release = database.prepare('DELETE FROM leases WHERE id = ? AND holder = ?');
  return {
    acquireLease: async (id, holder, milliseconds) => {
      const now = clock();
      return (await retryWhileBusy(() => acquire.run(id, holder, now + milliseconds, now))).changes === 1;
    },
    releaseLease: async (id, holder) => {
      await retryWhileBusy(() => release.run(id, holder));
    },
  } satisfies Partial<SessionStore>;
};

/**
 * Opens sessions in one sqlite file, which several processes of one machine may share.
 *
 * @throws Error when the file cannot be opened or made.
 */
export const openSqliteStore = ({ file, clock = Date.now }: SqliteStoreOptions): SessionStore => {
  const database = openDatabase(file);
  const leases = createLeases(database, clock);
  const messages = createSqliteMessages(database, clock);
  const purge = startSqlitePurge(database, clock);
  return {
    ...createSessionOperations(database, clock),
    ...createSessionSearch(database, clock),
    ...createOneTimeValues(database, clock),
    ...leases,
    publish: messages.publish,
    subscribe: messages.subscribe,
    check: async () => {
      const failure = purge.failure() ?? messages.failure();
      if (failure !== undefined) throw failure;
      await leases.acquireLease('check', 'check', 0);
    },
    close: async () => {
      purge.stop();
      messages.stop();
      if (database.isOpen) database.close();
    },
  };
};

/** Opens a store that lives as long as its process, for tests and trials. */
export const openMemoryStore = (options: Omit<SqliteStoreOptions, 'file'> = {}): SessionStore =>
  openSqliteStore({ ...options, file: ':memory:' });
