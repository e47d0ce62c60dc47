import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { expect, onTestFinished, test } from 'vitest';
import { openSessionStore } from '../../src/index.ts';
import { signIn, startBff } from '../kit/start-bff.ts';

test('while another program has the session file locked, readers are answered and no one waits for writers', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'foyer-locked-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const file = join(folder, 'sessions.db');
  let now = Date.now();
  await using bff = await startBff({
    sessionStore: await openSessionStore(`sqlite:${file}`),
    clock: () => now,
  });
  const { browser } = await signIn(bff);
  const pairs = browser.cookies(bff.url).map(({ name, value }) => `${name}=${value}`);
  const headers = { cookie: pairs.join('; ') };
  const other = new DatabaseSync(file);
  onTestFinished(() => other.close());
  other.exec('BEGIN IMMEDIATE');
  const timed = async (path: string, init: RequestInit = {}) => {
    const { status } = await fetch(bff.url + path, { redirect: 'manual', ...init });
    return { status };
  };
  now += 120_000;
  const writers = Promise.all([
    timed('/logout', { method: 'POST', headers: { ...headers, 'x-csrf': '1' } }),
    timed('/api/me', { headers }),
  ]);
  const order: string[] = [];
  const note =
    (name: string) =>
    (answer: unknown): unknown => {
      order.push(name);
      return answer;
    };
  const logoutFirst = writers.then(note('writers'));
  for (let times = 0; times < 3; times += 1) {
    const [health, reader] = await Promise.all([
      timed('/healthz'),
      timed('/api/me?slide=false', { headers }),
    ]);
    expect([health.status, reader.status]).toEqual([200, 200]);
  }
  note('readers')(undefined);
  await logoutFirst;
  const [logout, user] = await writers;
  expect([logout.status, user.status]).toEqual([503, 200]);
  // A blocked thread would have answered the writers first: they wait for the lock, readers do not.
  expect(order).toEqual(['readers', 'writers']);
  expect(bff.log.map(({ event }) => event)).toContain('idle_not_extended');
  other.exec('ROLLBACK');
  expect((await timed('/readyz')).status).toBe(200);
});
