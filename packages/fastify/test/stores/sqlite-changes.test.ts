import { type ChildProcess, fork } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { fileURLToPath } from 'node:url';
import { expect, onTestFinished, test } from 'vitest';
import { watchSqliteChanges } from '../../src/stores/sqlite/sqlite-changes.ts';
import { openDatabase } from '../../src/stores/sqlite/sqlite-schema.ts';
import { openSqliteStore } from '../../src/stores/sqlite/sqlite-store.ts';

const createFile = (): string => {
  const directory = mkdtempSync(join(tmpdir(), 'foyer-changes-'));
  onTestFinished(() => rmSync(directory, { recursive: true }));
  return join(directory, 'sessions.db');
};

const openStore = (file: string) => {
  const store = openSqliteStore({ file });
  onTestFinished(() => store.close());
  return store;
};

const startEnding = async (file: string): Promise<ChildProcess> => {
  const program = fileURLToPath(new URL('../kit/ending-process.ts', import.meta.url));
  const child = fork(program, [file]);
  onTestFinished(async () => {
    const ended = once(child, 'exit');
    child.disconnect();
    await ended;
  });
  await once(child, 'message');
  return child;
};

const insertSession = (store: ReturnType<typeof openSqliteStore>): string => {
  const id = randomUUID();
  const expiresAt = Date.now() + 60_000;
  const times = { lastSeenAt: Date.now(), expiresAt, lastsUntil: expiresAt };
  const labels = { subject: 'somebody', providerSession: undefined, about: Uint8Array.of(1) };
  store.insert({ id, version: 1, sealed: Uint8Array.of(1), ...times, ...labels });
  return id;
};

test('a session that another process ends is over at the very next look', async () => {
  const file = createFile();
  const store = openStore(file);
  const other = await startEnding(file);
  const ids = Array.from({ length: 100 }, () => insertSession(store));
  for (const id of ids) expect(store.readState(id)).toMatchObject({ version: 1 });
  for (const id of ids) {
    expect(store.readState(id)).toMatchObject({ version: 1 });
    const told = once(other, 'message');
    other.send(id);
    expect((await told)[0]).toBe(id);
    expect(store.readState(id)).toBe(undefined);
  }
});

test('so it is after the log was written back and begun anew, and when a handle beside it was closed', async () => {
  const file = createFile();
  const store = openStore(file);
  const other = openSqliteStore({ file });
  const database = new DatabaseSync(file);
  onTestFinished(() => database.close());
  for (let round = 0; round < 5; round += 1) {
    const id = insertSession(store);
    expect(store.readState(id)).toMatchObject({ version: 1 });
    database.exec('PRAGMA wal_checkpoint(TRUNCATE)');
    expect(store.readState(id)).toMatchObject({ version: 1 });
    if (round === 2) await other.close();
    database.prepare('DELETE FROM sessions WHERE id = ?').run(id);
    expect(store.readState(id)).toBe(undefined);
  }
});

test('writes of others are told once, wherever the file is reached from; own ones are not', () => {
  const file = createFile();
  const other = openDatabase(file);
  onTestFinished(() => other.close());
  symlinkSync(file, `${file}-link`);
  const database = openDatabase(`${file}-link`);
  onTestFinished(() => database.close());
  const hasChanged = watchSqliteChanges(database, `${file}-link`);
  const write = (one: DatabaseSync) => one.exec(`INSERT INTO leases VALUES ('${randomUUID()}', '', 0)`);
  expect([hasChanged(), hasChanged()]).toEqual([true, false]);
  for (let round = 0; round < 3; round += 1) {
    write(other);
    expect([hasChanged(), hasChanged()]).toEqual([true, false]);
    write(database);
    expect([hasChanged(), hasChanged()]).toEqual([false, false]);
  }
});
