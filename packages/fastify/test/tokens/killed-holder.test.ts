import { fork } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { findRedis, givenRedisUrl, startRedis } from '@foyer/testkit';
import Fastify from 'fastify';
import { type TestContext, test, vi } from 'vitest';
import { openSessionStore } from '../../src/index.ts';
import { leaseMs, takeRefreshLease } from '../../src/tokens/refresh-lease.ts';

const holder = fileURLToPath(new URL('../kit/holding-process.ts', import.meta.url));

const openUrl = async (store: 'sqlite' | 'redis', { onTestFinished }: TestContext): Promise<string> => {
  if (store === 'redis') {
    if (givenRedisUrl !== undefined) return givenRedisUrl;
    const redis = await startRedis({ isPersistent: false });
    onTestFinished(() => redis[Symbol.asyncDispose]());
    return redis.url;
  }
  const folder = await mkdtemp(join(tmpdir(), 'foyer-lease-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return `sqlite:${join(folder, 'sessions.db')}`;
};

const stores: readonly ('sqlite' | 'redis')[] =
  (findRedis() ?? givenRedisUrl) === undefined ? ['sqlite'] : ['sqlite', 'redis'];

test.concurrent.for(stores)(
  'the refresh of a killed process is taken over within 10 s, on %s',
  { timeout: 30_000 },
  async (kind, context) => {
    const { expect, onTestFinished } = context;
    const url = await openUrl(kind, context);
    const store = await openSessionStore(url);
    onTestFinished(() => store.close());
    const { log } = Fastify();
    const id = randomUUID();
    const child = fork(holder, [url, id]);
    onTestFinished(() => {
      child.kill('SIGKILL');
    });
    expect(await once(child, 'message')).toEqual(['held', undefined]);
    const heldSince = performance.now();
    // A lease that was not renewed would be over.
    let takenEarly = 0;
    const watch = async (): Promise<number> => {
      if ((await takeRefreshLease({ store, log }, id)) !== undefined) takenEarly += 1;
      return performance.now() - heldSince;
    };
    await expect.poll(watch, { timeout: 12_000 }).toBeGreaterThan(leaseMs + 1000);
    expect(takenEarly).toBe(0);
    const killedAt = performance.now();
    child.kill('SIGKILL');
    const taken = await vi.waitUntil(() => takeRefreshLease({ store, log }, id), { timeout: 12_000 });
    expect(performance.now() - killedAt).toBeLessThan(10_000);
    await taken.release();
  },
);
