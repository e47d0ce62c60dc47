import { expect, onTestFinished, test, vi } from 'vitest';
import { openSqliteStore } from '../../src/stores/sqlite/sqlite-store.ts';
import { session } from '../kit/session-store-suite.ts';

const turn = 30_000;

test('expired sessions are deleted wherever they are in the file, and no others', async () => {
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
  onTestFinished(() => {
    vi.useRealTimers();
  });
  let now = Date.now();
  const store = openSqliteStore({ file: ':memory:', clock: () => now });
  onTestFinished(() => store.close());
  const ends = { soon: now + 1000, late: now + 10 * turn };
  const fill = (count: number): void => {
    for (let at = 0; at < count; at += 1) void store.insert(session({ expiresAt: ends.late }));
  };
  const expiring = [0, 1, 2].map(() => session({ expiresAt: ends.soon }));
  const [first, middle, last] = expiring;
  for (const one of [first, middle, last]) {
    if (one !== undefined) await store.insert(one);
    if (one !== last) fill(6000);
  }
  now = ends.soon;
  const countAfterPurge = (): Promise<number> => {
    vi.advanceTimersByTime(turn);
    return store.count();
  };
  await expect.poll(countAfterPurge).toBe(12_000);
  now = ends.late;
  await expect.poll(countAfterPurge).toBe(0);
});
