import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import type { Adapter, AdapterFactory } from 'oidc-provider';

/** The storage of one provider. */
export interface Storage {
  readonly openModel: AdapterFactory;
  readonly close: () => void;
}

/** Old entries are deleted at every hundredth write. */
const cleanupInterval = 100;
/** With those written until the next cleanup: at most 10,000. */
const entriesAfterCleanup = 9_900;

const schema = `
  PRAGMA journal_mode = WAL;
  PRAGMA synchronous = OFF;
  PRAGMA busy_timeout = 2000;
  CREATE TABLE IF NOT EXISTS entries (
    model TEXT NOT NULL, id TEXT NOT NULL, payload TEXT NOT NULL, grant_id TEXT, uid TEXT, user_code TEXT,
    expires_at REAL, PRIMARY KEY (model, id)
  );
  CREATE INDEX IF NOT EXISTS by_grant ON entries (grant_id);
  CREATE INDEX IF NOT EXISTS by_uid ON entries (uid);`;

const openDatabase = (file: string): DatabaseSync => {
  if (file !== ':memory:') mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  try {
    const database = new DatabaseSync(file);
    database.exec(schema);
    return database;
  } catch (cause) {
    throw new Error(`${file} cannot be used by the development provider. Delete it, then start again.`, {
      cause,
    });
  }
};

/** Creates the function that deletes what has expired and what exceeds the maximum, the oldest first. */
const prepareCleanup = (database: DatabaseSync): (() => void) => {
  const deleteExpired = database.prepare('DELETE FROM entries WHERE expires_at <= ?');
  const deleteOldest = database.prepare(
    'DELETE FROM entries WHERE rowid <= (SELECT rowid FROM entries ORDER BY rowid DESC LIMIT 1 OFFSET ?)',
  );
  return () => {
    deleteExpired.run(Date.now());
    deleteOldest.run(entriesAfterCleanup);
  };
};

/** Opens the storage in a file, or in memory: at most 10,000 entries, of which the oldest are deleted first. */
export function openStorage(file = ':memory:'): Storage {
  const database = openDatabase(file);
  const cleanUp = prepareCleanup(database);
  // A rewritten entry becomes the newest, so a session in use is not deleted before its own old logins.
  const put = database.prepare('INSERT OR REPLACE INTO entries VALUES (?, ?, ?, ?, ?, ?, ?)');
  const prepareFind = (column: 'id' | 'uid' | 'user_code') => {
    const live = '(expires_at IS NULL OR expires_at > ?)';
    const find = database.prepare(
      `SELECT payload FROM entries WHERE model = ? AND ${column} = ? AND ${live}`,
    );
    return (model: string, value: string) => {
      const row = find.get(model, value, Date.now());
      return row === undefined ? undefined : JSON.parse(String(row.payload));
    };
  };
  const [findById, findByUid, findByUserCode] = [
    prepareFind('id'),
    prepareFind('uid'),
    prepareFind('user_code'),
  ];
  const consume = database.prepare(
    "UPDATE entries SET payload = json_set(payload, '$.consumed', ?) WHERE model = ? AND id = ?",
  );
  const remove = database.prepare('DELETE FROM entries WHERE model = ? AND id = ?');
  // An interaction names a grant too but is not revoked with it.
  const revoke = database.prepare(
    "DELETE FROM entries WHERE grant_id = ? AND model IN ('AccessToken', 'AuthorizationCode', 'RefreshToken')",
  );
  let writes = 0;

  const openModel = (model: string): Adapter => ({
    upsert: async (id, payload, expiresIn) => {
      const { grantId = null, uid = null, userCode = null } = payload;
      const expiresAt = expiresIn === undefined ? null : Date.now() + expiresIn * 1000;
      put.run(model, id, JSON.stringify(payload), grantId, uid, userCode, expiresAt);
      writes += 1;
      if (writes % cleanupInterval === 0) cleanUp();
    },
    find: async (id) => findById(model, id),
    findByUid: async (uid) => findByUid(model, uid),
    findByUserCode: async (code) => findByUserCode(model, code),
    consume: async (id) => {
      consume.run(Math.floor(Date.now() / 1000), model, id);
    },
    destroy: async (id) => {
      remove.run(model, id);
    },
    revokeByGrantId: async (grantId) => {
      revoke.run(grantId);
    },
  });
  return {
    openModel,
    close: () => {
      if (database.isOpen) database.close();
    },
  };
}
