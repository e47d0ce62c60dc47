import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { mock } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import { askRedis, startRedis } from '@foyer/testkit';
import { createReference } from '../../src/session/session-reference.ts';
import { openSessionStore } from '../../src/stores/open-session-store.ts';
import type { NewStoredSession, SessionStore } from '../../src/stores/session-store.ts';
import { openSqliteStore } from '../../src/stores/sqlite/sqlite-store.ts';
import { collectGarbage } from './collect-garbage.ts';
import { signIn, startBff } from './start-bff.ts';

/** What many sessions weigh in a store that has some already, and what all leave behind when they have expired. Bytes. */
export interface StoreReport {
  readonly sessions: number;
  readonly before: number;
  readonly full: number;
  readonly after: number;
  /** What the process held more when the store was full, beside a store in its memory. */
  readonly grown: number;
}

/** A stored session, and the bytes of the tokens in its record. */
export interface ObtainedSession extends NewStoredSession {
  readonly tokens: number;
}

/** A session as a real login through the embedded provider stores it. */
export const obtainSession = async (): Promise<ObtainedSession> => {
  const sessionStore = await openSessionStore('memory:');
  const { promise, resolve } = Promise.withResolvers<NewStoredSession>();
  const insert: SessionStore['insert'] = async (session) => {
    await sessionStore.insert(session);
    resolve(session);
  };
  await using bff = await startBff({
    sessionStore: { ...sessionStore, insert },
    scope: 'openid profile email',
  });
  const { sessions } = bff.app.foyer;
  const { open } = sessions;
  let tokens = 0;
  Object.assign(sessions, {
    open: (...given: Parameters<typeof open>) => {
      tokens = JSON.stringify(given[2].login.tokens).length;
      return open(...given);
    },
  });
  await signIn(bff);
  return { ...(await promise), tokens };
};

/** One like it, of another user. */
const another = (session: NewStoredSession, expiresAt: number): NewStoredSession => {
  const digest = (): string => randomBytes(32).toString('base64url');
  const { id } = createReference(Date.now());
  return { ...session, id, expiresAt, lastsUntil: expiresAt, subject: digest(), providerSession: digest() };
};

const width = 100;

/** Sessions that are there before it is measured what more of them take: a log and buffers have their full size then. */
const first = 1000;

const fill = async (store: SessionStore, sessions: number, create: () => NewStoredSession): Promise<void> => {
  const insert = async (): Promise<void> => store.insert(create());
  for (let at = 0; at < sessions; at += width)
    await Promise.all(Array.from({ length: Math.min(width, sessions - at) }, insert));
};

/** Returns a function that reads how many bytes the process holds more since then. */
const watchGrowth = async (): Promise<() => Promise<number>> => {
  const read = async (): Promise<number> => {
    await collectGarbage();
    const { heapUsed, external } = process.memoryUsage();
    return heapUsed + external;
  };
  const before = await read();
  return async () => (await read()) - before;
};

const untilEmpty = async (store: SessionStore): Promise<void> => {
  while ((await store.count()) > 0) await wait(20);
};

const sizeOf = (file: string): number =>
  ['', '-wal'].reduce((sum, end) => sum + (statSync(file + end, { throwIfNoEntry: false })?.size ?? 0), 0);

/** Fills a sqlite file, lets every session expire and the file be purged. */
export const measureSqlite = async (session: NewStoredSession, sessions: number): Promise<StoreReport> => {
  const folder = mkdtempSync(join(tmpdir(), 'foyer-size-'));
  const file = join(folder, 'sessions.db');
  let now = Date.now();
  mock.timers.enable({ apis: ['setInterval'] });
  const store = openSqliteStore({ file, clock: () => now });
  try {
    const end = now + 60_000;
    await fill(store, first, () => another(session, end));
    const before = sizeOf(file);
    const readGrowth = await watchGrowth();
    await fill(store, sessions, () => another(session, end));
    const full = sizeOf(file);
    const grown = await readGrowth();
    now = end;
    mock.timers.tick(30_000);
    await untilEmpty(store);
    // The purge has still to shrink the file, in turns of the event loop.
    for (let turns = 0; turns < 20; turns += 1) await new Promise((resolve) => setImmediate(resolve));
    return { sessions, before, full, after: sizeOf(file), grown };
  } finally {
    mock.timers.reset();
    await store.close();
    rmSync(folder, { recursive: true });
  }
};

/** Fills the memory of this process, which is to be a fresh one: memory that others have released would be filled first. */
export const measureMemory = async (session: NewStoredSession, sessions: number): Promise<StoreReport> => {
  const store = await openSessionStore('memory:');
  const end = Date.now() + 600_000;
  await fill(store, first, () => another(session, end));
  const readGrowth = await watchGrowth();
  const before = process.memoryUsage.rss();
  await fill(store, sessions, () => another(session, end));
  const grown = await readGrowth();
  const full = process.memoryUsage.rss();
  await store.close();
  const after = process.memoryUsage.rss();
  return { sessions, before, full, after, grown };
};

const readNumber = async (port: number, name: string): Promise<number> =>
  Number(new RegExp(`^${name}[:=]([\\d.]+)`, 'm').exec(await askRedis(port, 'INFO'))?.[1] ?? 0);

/** As if so much time had passed: every key of Redis that expires does so sooner, and a key that never expires stays. */
const advanceRedis = async (port: number, byMs: number): Promise<void> => {
  const script = `for _, key in ipairs(redis.call('KEYS', '*')) do local left = redis.call('PTTL', key) if left > 0 then redis.call('PEXPIRE', key, math.max(1, left - ${byMs})) end end`;
  await askRedis(port, `EVAL "${script}" 0`);
};

/** Fills a Redis of its own, and lets every session expire. */
export const measureRedis = async (session: NewStoredSession, sessions: number): Promise<StoreReport> => {
  await using redis = await startRedis();
  const readMemory = (): Promise<number> => readNumber(redis.port, 'used_memory');
  const store = await openSessionStore(redis.url);
  try {
    const lifetimeMs = 3_600_000;
    const end = Date.now() + lifetimeMs;
    await fill(store, first, () => another(session, end));
    const before = await readMemory();
    const readGrowth = await watchGrowth();
    await fill(store, sessions, () => another(session, end));
    const full = await readMemory();
    const grown = await readGrowth();
    await advanceRedis(redis.port, lifetimeMs);
    await untilEmpty(store);
    while ((await readNumber(redis.port, 'db0:keys')) > 0) await wait(20);
    return { sessions, before, full, after: await readMemory(), grown };
  } finally {
    await store.close();
  }
};

/** Microseconds of a Redis server's processor for each operation, a hundred of them under way. */
export const measureRedisCosts = async (
  session: NewStoredSession,
  times: number,
): Promise<Readonly<Record<string, number>>> => {
  await using redis = await startRedis();
  const store = await openSessionStore(redis.url);
  const sessions = Array.from({ length: times }, () => another(session, Date.now() + 600_000));
  const readTime = async (): Promise<number> =>
    (await readNumber(redis.port, 'used_cpu_user')) + (await readNumber(redis.port, 'used_cpu_sys'));
  const measure = async (work: (one: NewStoredSession) => unknown): Promise<number> => {
    const start = await readTime();
    for (let at = 0; at < times; at += width) await Promise.all(sessions.slice(at, at + width).map(work));
    return ((await readTime()) - start) * (1e6 / times);
  };
  try {
    return {
      insert: await measure((one) => store.insert(one)),
      read: await measure(({ id }) => store.read(id)),
      touch: await measure(({ id, expiresAt }) => store.touch(id, Date.now(), expiresAt + 1000)),
      remove: await measure(({ id }) => store.remove(id)),
    };
  } finally {
    await store.close();
  }
};
