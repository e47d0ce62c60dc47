import { findRedis } from '@foyer/testkit';
import { expect, test } from 'vitest';
import { collectGarbage } from '../kit/collect-garbage.ts';
import { type RunningBff, startBff } from '../kit/start-bff.ts';
import { measureRedis, measureSqlite, obtainSession } from '../kit/store-size.ts';

const mebibyte = 1024 * 1024;

test('5,000 expired sessions: the sqlite file returns to its size, but for a log of 4 MiB', async () => {
  const { before, full, after } = await measureSqlite(await obtainSession(), 5000);
  expect(full - before).toBeGreaterThan(8 * mebibyte);
  expect(after - before).toBeLessThan(4.25 * mebibyte);
});

test.runIf(findRedis() !== undefined)(
  '2,000 expired sessions: the memory of Redis returns, and no key is left',
  async () => {
    const { before, full, after } = await measureRedis(await obtainSession(), 2000);
    expect(full - before).toBeGreaterThan(4 * mebibyte);
    expect(after - before).toBeLessThan(mebibyte / 2);
  },
);

/** Bytes in use once everything that no one holds has been collected. */
const readHeap = async (): Promise<number> => {
  await collectGarbage();
  return process.memoryUsage().heapUsed;
};

const abandonLogins = async ({ app }: RunningBff, count: number): Promise<void> => {
  for (let at = 0; at < count; at += 100) {
    const answers = await Promise.all(Array.from({ length: 100 }, () => app.inject('/login?returnTo=/deep')));
    expect(answers.map(({ statusCode }) => statusCode)).toEqual(answers.map(() => 303));
  }
};

test('10,000 abandoned logins: memory returns', async () => {
  await using bff = await startBff({ rateLimitLogin: 0 }, { logLevel: 'silent' });
  await abandonLogins(bff, 1000);
  const before = await readHeap();
  await abandonLogins(bff, 10_000);
  expect((await readHeap()) - before).toBeLessThan(2 * mebibyte);
});
