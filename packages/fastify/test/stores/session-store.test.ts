import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findRedis, givenRedisUrl, startRedis, startRedisCluster } from '@foyer/testkit';
import { Redis } from 'ioredis';
import { afterAll, describe, expect, onTestFinished, test, vi } from 'vitest';
import { openSessionStore } from '../../src/stores/open-session-store.ts';
import type { SessionStore } from '../../src/stores/session-store.ts';
import { session, testSessionStore } from '../kit/session-store-suite.ts';

const directory = mkdtempSync(join(tmpdir(), 'foyer-store-'));
const withRedis = findRedis() !== undefined;
const [redis, cluster] = withRedis ? await Promise.all([startRedis(), startRedisCluster()]) : [];
const redisUrl = redis?.url ?? '';

const open = async (url: string): Promise<SessionStore> => {
  const store = await openSessionStore(url);
  onTestFinished(() => store.close());
  return store;
};

afterAll(async () => {
  await redis?.close();
  await cluster?.[Symbol.asyncDispose]();
  rmSync(directory, { recursive: true });
});

const urls = [
  'memory:',
  `sqlite:${join(directory, 'sessions.db')}`,
  ...(withRedis ? [redis, cluster] : [{ url: givenRedisUrl }]).flatMap((server) => server?.url ?? []),
];

describe.each(urls.map((url) => [url.replace(/:.*/s, ''), url] as const))('%s', (name, url) => {
  testSessionStore({ open: () => openSessionStore(url), isAlone: name === 'memory' });
});

test('the Redis client is loaded only where sessions are in a Redis', () => {
  const program = `
    import { createRequire } from 'node:module';
    import { openSessionStore } from './src/index.ts';
    const { cache } = createRequire(import.meta.url);
    for (const url of ['memory:', 'redis://127.0.0.1:9']) {
      await (await openSessionStore(url)).close();
      console.log(Object.keys(cache).some((file) => file.includes('/ioredis/')));
    }`;
  const cwd = new URL('../..', import.meta.url);
  const output = execFileSync(process.execPath, ['--input-type=module', '--eval', program], { cwd });
  expect(String(output)).toBe('false\ntrue\n');
});

test('where the Redis client is not installed, the error names the package to install', () => {
  const program = `
    import { registerHooks } from 'node:module';
    registerHooks({
      resolve: (specifier, context, next) => {
        if (specifier === 'ioredis') throw new Error('Cannot find package');
        return next(specifier, context);
      },
    });
    const { openSessionStore } = await import('./src/index.ts');
    console.log((await openSessionStore('redis://127.0.0.1:9').catch((error) => error)).message);`;
  const cwd = new URL('../..', import.meta.url);
  const output = execFileSync(process.execPath, ['--input-type=module', '--eval', program], { cwd });
  expect(String(output)).toContain('needs the package ioredis: add it with `npm install ioredis`');
});

describe.runIf(withRedis)('redis alone', () => {
  test('every key expires, and begins with our prefix', async () => {
    const store = await open(redisUrl);
    const one = session();
    await store.insert(one);
    await store.touch(one.id, Date.now(), one.expiresAt + 1000);
    await store.claim('a value', one.expiresAt);
    await store.acquireLease(one.id, 'holder', 1000);
    await store.check();
    const client = new Redis(redisUrl);
    onTestFinished(() => client.disconnect());
    const keys = await client.keys('*');
    const times = await Promise.all(keys.map((key) => client.pttl(key)));
    expect(times.filter((time) => time === -1)).toEqual([]);
    expect(keys.filter((key) => !key.startsWith('foyer:'))).toEqual([]);
    const kinds = keys.map((key) =>
      key.split(':').find((part) => /^[a-z]{3,}$/.test(part) && part !== 'foyer'),
    );
    expect([...new Set(kinds)].toSorted()).toEqual([
      ...['all', 'check', 'claim', 'lease', 'provider', 'session', 'subject'],
    ]);
    expect(await client.pexpiretime(`foyer:subject:${one.subject}`)).toBe(one.lastsUntil);
  });

  test('a session that is over stays over, while a Redis whose clock is behind still keeps it', async () => {
    const store = await open(redisUrl);
    const one = session({ expiresAt: Date.now() + 200 });
    await store.insert(one);
    const client = new Redis(redisUrl);
    onTestFinished(() => client.disconnect());
    const [key = ''] = await client.keys(`*session:${one.id}`);
    expect(await client.persist(key)).toBe(1);
    await expect.poll(() => store.read(one.id)).toBe(undefined);
    expect(await store.touch(one.id, Date.now(), Date.now() + 1000)).toBe(false);
    expect(await store.update(one.id, 1, Uint8Array.of(1))).toBe(false);
    expect(await store.findBySubject(one.subject)).toEqual([]);
    expect(await store.read(one.id)).toBe(undefined);
    expect(await client.exists(key)).toBe(1);
    expect(await store.remove(one.id)).toBe(false);
    expect(await client.exists(key)).toBe(0);
  });

  test('a stopped server is noticed within 1.5 s and found again, and missed messages are reported', async () => {
    const store = await open(redisUrl);
    const missed = new Promise<void>((resolve) => store.subscribe(() => undefined, resolve));
    await redis?.kill();
    const start = performance.now();
    await expect(async () => store.read('id')).rejects.toThrow();
    expect(performance.now() - start).toBeLessThan(1500);
    await redis?.restart();
    await vi.waitFor(() => store.check(), { timeout: 4000 });
    expect(await store.read('id')).toBe(undefined);
    await missed;
  });
});
