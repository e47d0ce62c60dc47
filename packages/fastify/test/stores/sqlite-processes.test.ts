import { type ChildProcess, fork } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { fileURLToPath } from 'node:url';
import { expect, onTestFinished, test } from 'vitest';
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

const insertSession = async (store: ReturnType<typeof openSqliteStore>): Promise<string> => {
  const id = randomUUID();
  const expiresAt = Date.now() + 60_000;
  const times = { lastSeenAt: Date.now(), expiresAt, lastsUntil: expiresAt };
  const labels = { subject: 'somebody', providerSession: undefined, about: Uint8Array.of(1) };
  await store.insert({ id, version: 1, sealed: Uint8Array.of(1), ...times, ...labels });
  return id;
};

test('a session that another process ends is over at the very next look', async () => {
  const file = createFile();
  const store = openStore(file);
  const other = await startEnding(file);
  const ids = await Promise.all(Array.from({ length: 100 }, () => insertSession(store)));
  for (const id of ids) expect(await store.read(id)).toMatchObject({ version: 1 });
  for (const id of ids) {
    expect(await store.read(id)).toMatchObject({ version: 1 });
    const message = once(other, 'message');
    other.send(id);
    expect((await message)[0]).toBe(id);
    expect(await store.read(id)).toBe(undefined);
  }
});

test('a value that another process purges while it is claimed again is remembered all the same', async () => {
  const file = createFile();
  const store = openStore(file);
  const other = new DatabaseSync(file);
  onTestFinished(() => other.close());
  const endsAt = Date.now() + 60_000;
  await store.claim('signed out', endsAt, 1);
  const claimed = store.claim('signed out', endsAt, 2);
  other.exec('DELETE FROM claims');
  await claimed;
  expect(await store.readClaim('signed out')).toBe(2);
});
