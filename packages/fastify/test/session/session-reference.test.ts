import { randomBytes } from 'node:crypto';
import Fastify from 'fastify';
import { expect, test } from 'vitest';
import { createCookieRules } from '../../src/session/session-cookie.ts';
import type { SessionReference } from '../../src/session/session-reference.ts';
import { createReference, createReferenceReader } from '../../src/session/session-reference.ts';

test('a reference that is remembered keeps no memory but its own', async () => {
  const rules = createCookieRules({
    cookieName: 'foyer',
    publicUrl: 'http://localhost:3000',
    isSecure: false,
  });
  const key = randomBytes(32).toString('base64url');
  const read = createReferenceReader(rules, {
    seal: () => '',
    open: () => ({ id: 'session-1', key }),
  });
  const app = Fastify();
  let reference: SessionReference | undefined;
  app.get('/', async (request) => {
    reference = read(request);
    return 'ok';
  });
  await app.inject({ url: '/', headers: { cookie: 'foyer-3000=sealed' } });
  expect(reference?.key.toString('base64url')).toBe(key);
  expect(reference?.key.buffer.byteLength).toBe(32);
  await app.close();
});

test('ids begin with their time, and no two of a moment are alike', () => {
  const timeOf = ({ id }: SessionReference): number => Buffer.from(id, 'base64url').readUIntBE(0, 6);
  const now = Date.now();
  const references = Array.from({ length: 1000 }, () => createReference(now));
  expect(new Set(references.map(timeOf))).toEqual(new Set([now]));
  expect(new Set(references.map(({ id }) => id)).size).toBe(1000);
  expect(new Set(references.map(({ key }) => key.toString('base64url'))).size).toBe(1000);
});
