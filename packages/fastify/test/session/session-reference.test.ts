import { randomBytes } from 'node:crypto';
import Fastify from 'fastify';
import { expect, test } from 'vitest';
import { createCookieRules, createCookieSeal } from '../../src/session/session-cookie.ts';
import {
  createReference,
  createSessionReferences,
  type SessionReference,
  sealReference,
} from '../../src/session/session-reference.ts';

test('ids begin with their time, and two of one millisecond differ', () => {
  const timeOf = ({ id }: SessionReference): number => Buffer.from(id, 'base64url').readUIntBE(0, 6);
  const now = Date.now();
  const references = Array.from({ length: 1000 }, () => createReference(now));
  expect(new Set(references.map(timeOf))).toEqual(new Set([now]));
  expect(new Set(references.map(({ id }) => id)).size).toBe(1000);
  expect(new Set(references.map(({ key }) => key.toString('base64url'))).size).toBe(1000);
});

/** Reads session cookies, and counts how many of them had to be opened. */
const startReading = async () => {
  const seal = await createCookieSeal([randomBytes(32)]);
  const rules = createCookieRules({
    cookieName: 'c',
    publicOrigin: 'http://localhost:3000',
    basePath: '',
    isSecure: false,
  });
  let opened = 0;
  const references = createSessionReferences(
    {
      ...seal,
      open: (...given) => {
        opened += 1;
        return seal.open(...given);
      },
    },
    rules,
  );
  const app = Fastify();
  let last: SessionReference | undefined;
  app.get('/', async (request) => {
    last = references.read(request);
    return last?.id ?? 'none';
  });
  return {
    references,
    makeCookie: (reference = createReference(Date.now())): string =>
      `${rules.sessionName}=${sealReference(seal, reference)}`,
    read: async (cookie: string): Promise<string> =>
      (await app.inject({ url: '/', headers: { cookie } })).body,
    lastRead: () => last,
    countOpened: () => opened,
  };
};

test('the key of a session in use is kept, for 2,000 sessions at most, until the session ends', async () => {
  const { references, makeCookie, read, countOpened } = await startReading();
  const first = makeCookie();
  const id = await read(first);
  expect(await read(first)).toBe(id);
  expect(countOpened()).toBe(1);
  references.forget(id);
  expect(await read(first)).toBe(id);
  expect(countOpened()).toBe(2);
  for (let others = 0; others < 2000; others += 1) await read(makeCookie());
  expect(await read(first)).toBe(id);
  expect(countOpened()).toBe(2003);
});

test('what is kept of sessions weighs 16 MiB at most, however much each of them holds', async () => {
  const { references, makeCookie, read, lastRead, countOpened } = await startReading();
  const cookies = Array.from({ length: 17 }, () => makeCookie());
  for (const cookie of cookies) {
    await read(cookie);
    const reference = lastRead();
    if (reference !== undefined) references.weigh(reference, 1024 * 1024);
  }
  const before = countOpened();
  await read(cookies[16] ?? '');
  expect(countOpened()).toBe(before);
  await read(cookies[0] ?? '');
  expect(countOpened()).toBe(before + 1);
});

test('of several cookies for one session the one that came last is kept, until the session ends', async () => {
  const { references, makeCookie, read, countOpened } = await startReading();
  const reference = createReference(Date.now());
  const cookies = [makeCookie(reference), makeCookie(reference)] as const;
  await read(cookies[0]);
  await read(cookies[1]);
  await read(cookies[1]);
  expect(countOpened()).toBe(2);
  references.forget(reference.id);
  await read(cookies[0]);
  expect(countOpened()).toBe(3);
});
