import { expect, it } from 'vitest';
import { type CookieRequest, createCookieJar } from '../src/index.ts';

const app = new URL('http://localhost:3000/');
const elsewhere = new URL('http://127.0.0.1:4001/');

const navigation = (change: Partial<CookieRequest> = {}): CookieRequest => ({
  url: app,
  method: 'GET',
  initiator: undefined,
  isNavigation: true,
  ...change,
});

it('a Strict cookie is not sent on a navigation another site started', () => {
  const jar = createCookieJar();
  jar.store(app, ['session=1; Path=/; SameSite=Strict']);
  expect(jar.header(navigation())).toBe('session=1');
  expect(jar.header(navigation({ initiator: app }))).toBe('session=1');
  expect(jar.header(navigation({ initiator: elsewhere }))).toBe('');
});

it('a Lax cookie crosses sites on a GET navigation only', () => {
  const jar = createCookieJar();
  jar.store(app, ['named=1; Path=/; SameSite=Lax', 'byDefault=2; Path=/']);
  expect(jar.header(navigation({ initiator: elsewhere }))).toBe('named=1; byDefault=2');
  expect(jar.header(navigation({ initiator: elsewhere, method: 'POST' }))).toBe('');
  expect(jar.header(navigation({ initiator: elsewhere, isNavigation: false }))).toBe('');
  expect(jar.header(navigation({ initiator: app, method: 'POST' }))).toBe('named=1; byDefault=2');
});

it('Max-Age=0 deletes the cookie of that path and no other', () => {
  const jar = createCookieJar();
  jar.store(app, ['a=1; Path=/', 'a=2; Path=/login']);
  jar.store(app, ['a=; Path=/; Max-Age=0']);
  expect(jar.all(app).map(({ path, value }) => [path, value])).toEqual([['/login', '2']]);
  expect(jar.header(navigation())).toBe('');
});

it('cookies are shared by every port of a host and by no other host', () => {
  const jar = createCookieJar();
  jar.store(app, ['a=1; Path=/']);
  expect(jar.header(navigation({ url: new URL('http://localhost:4001/x') }))).toBe('a=1');
  expect(jar.header(navigation({ url: new URL('http://op.localhost:3000/') }))).toBe('');
});
