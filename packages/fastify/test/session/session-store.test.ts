import { execFileSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findRedis, givenRedisUrl, startRedis, startRedisCluster } from '@foyer/testkit';
import { Redis } from 'ioredis';
import { afterAll, describe, expect, onTestFinished, test, vi } from 'vitest';
import { openSessionStore } from '../../src/session/stores/open-session-store.ts';
import type { NewStoredSession, SessionStore } from '../../src/session/stores/session-store.ts';

const directory = mkdtempSync(join(tmpdir(), 'foyer-store-'));
const withRedis = findRedis() !== undefined;
const [redis, cluster] = withRedis ? await Promise.all([startRedis(), startRedisCluster()]) : [];
const redisUrl = redis?.url ?? '';
let made = 0;

const open = async (url: string): Promise<SessionStore> => {
  const store = await openSessionStore(url);
  onTestFinished(() => store.close());
  return store;
};

const session = (changes: Partial<NewStoredSession> = {}): NewStoredSession => {
  made += 1;
  const now = Date.now();
  return {
    id: randomUUID(),
    version: 1,
    sealed: Uint8Array.of(255, 0, made),
    lastSeenAt: now,
    expiresAt: now + 60_000,
    lastsUntil: now + 600_000,
    subject: randomUUID(),
    providerSession: randomUUID(),
    about: Uint8Array.of(254, made),
    ...changes,
  };
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
  test('a session is read as it was inserted', async () => {
    const store = await open(url);
    const one = session();
    await store.insert(one);
    const { id, version, sealed, lastSeenAt, expiresAt } = one;
    const stored = await store.read(id);
    expect({ ...stored, sealed: [...(stored?.sealed ?? [])] }).toEqual({
      ...{ id, version, lastSeenAt, expiresAt },
      sealed: [...sealed],
    });
    expect(await store.count()).toBeGreaterThan(0);
    await store.check();
  });

  test('the state is as fresh as the record: version, times and end', async () => {
    const store = await open(url);
    const { id, lastSeenAt, expiresAt } = session();
    expect(await store.readState(id)).toBe(undefined);
    await store.insert(session({ id, lastSeenAt, expiresAt }));
    expect(await store.readState(id)).toEqual({ version: 1, lastSeenAt, expiresAt });
    await store.update(id, 1, Uint8Array.of(200));
    await store.touch(id, lastSeenAt + 5, expiresAt + 5);
    expect(await store.readState(id)).toEqual({
      ...{ version: 2, lastSeenAt: lastSeenAt + 5, expiresAt: expiresAt + 5 },
    });
    await store.remove(id);
    expect(await store.readState(id)).toBe(undefined);
  });

  test('what another connection writes is seen at the very next look', async () => {
    const here = await open(url);
    const there = url === 'memory:' ? here : await open(url);
    const { id, lastSeenAt, expiresAt, ...rest } = session();
    await here.insert({ id, lastSeenAt, expiresAt, ...rest });
    for (let version = 2; version < 12; version += 1) {
      await there.update(id, version - 1, Uint8Array.of(version));
      expect(await here.readState(id)).toMatchObject({ version });
      await there.touch(id, lastSeenAt + version, expiresAt + version);
      expect(await here.readState(id)).toMatchObject({ version, lastSeenAt: lastSeenAt + version });
    }
    await there.remove(id);
    expect(await here.readState(id)).toBe(undefined);
  });

  test('an expired session is gone', async () => {
    const store = await open(url);
    const one = session({ expiresAt: Date.now() + 100 });
    await store.insert(one);
    await expect.poll(() => store.read(one.id)).toBe(undefined);
    expect(await store.readState(one.id)).toBe(undefined);
    expect(await store.touch(one.id, Date.now(), Date.now() + 1000)).toBe(false);
    expect(await store.findBySubject(one.subject)).toEqual([]);
  });

  test('an update replaces only the version it read', async () => {
    const store = await open(url);
    const { id } = session();
    await store.insert(session({ id }));
    expect(await store.update(id, 1, Uint8Array.of(200))).toBe(true);
    expect(await store.update(id, 1, Uint8Array.of(201))).toBe(false);
    const stored = await store.read(id);
    expect([stored?.version, ...(stored?.sealed ?? [])]).toEqual([2, 200]);
  });

  test('an ended session is not written back, and one remover is told', async () => {
    const store = await open(url);
    const one = session();
    await store.insert(one);
    const told = await Promise.all([store.remove(one.id), store.remove(one.id)]);
    expect(told.toSorted()).toEqual([false, true]);
    expect(await store.update(one.id, 1, one.sealed)).toBe(false);
    expect(await store.touch(one.id, Date.now(), one.expiresAt)).toBe(false);
    expect(await store.read(one.id)).toBe(undefined);
    expect(await store.findBySubject(one.subject)).toEqual([]);
  });

  test('sessions are found by subject and by provider session', async () => {
    const store = await open(url);
    const one = session();
    const two = session({ subject: one.subject, providerSession: undefined });
    await store.insert(one);
    await store.insert(two);
    const found = await store.findBySubject(one.subject);
    expect(found.map(({ id, about }) => [id, ...about]).toSorted()).toEqual(
      [one, two].map(({ id, about }) => [id, ...about]).toSorted(),
    );
    expect(await store.findByProviderSession(`${one.providerSession}`)).toEqual([one.id]);
  });

  test('a value is claimed once', async () => {
    const store = await open(url);
    const until = Date.now() + 60_000;
    const [once, other] = [randomUUID(), randomUUID()];
    expect(await store.isClaimed(once)).toBe(false);
    expect([await store.claim(once, until), await store.claim(once, until)]).toEqual([true, false]);
    expect([await store.isClaimed(once), await store.isClaimed(other)]).toEqual([true, false]);
  });

  test('a lease is exclusive, ends by itself and is given back only by its holder', async () => {
    const store = await open(url);
    const lease = randomUUID();
    expect(await store.acquireLease(lease, 'a', 100)).toBe(true);
    expect(await store.acquireLease(lease, 'b', 60_000)).toBe(false);
    await expect.poll(() => store.acquireLease(lease, 'b', 60_000)).toBe(true);
    await store.releaseLease(lease, 'a');
    expect(await store.acquireLease(lease, 'a', 100)).toBe(false);
    await store.releaseLease(lease, 'b');
    expect(await store.acquireLease(lease, 'a', 100)).toBe(true);
  });

  test('a message reaches every handle', async () => {
    const store = await open(url);
    const other = name === 'memory' ? store : await open(url);
    const heard: string[] = [];
    const stops = [store, other].map((each, at) => each.subscribe((text) => heard.push(`${at} ${text}`)));
    await store.publish('ended');
    await vi.waitFor(() => expect(heard.toSorted()).toEqual(['0 ended', '1 ended']));
    for (const stop of stops) stop();
  });
});

test('the Redis client is loaded by those alone who have sessions in a Redis', () => {
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

  test('a stopped server is told within 1.5 s and found again, and that messages were missed', async () => {
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
