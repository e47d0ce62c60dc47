import { createBrowser } from '@foyer/testkit';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openSessionStore } from '../../src/index.ts';
import { cookieHeader } from '../kit/bent-login.ts';
import { type RunningBff, signIn, startBff } from '../kit/start-bff.ts';
import { type HttpUpstream, startUpstream } from '../kit/start-upstream.ts';

let upstream: HttpUpstream;
let bff: RunningBff;
let cookie: string;

beforeAll(async () => {
  upstream = await startUpstream(({ url }, response) => {
    if (url !== '/slow') response.end('answered');
    else setTimeout(() => response.end('late'), 400);
  });
  const route = { upstream: upstream.url };
  bff = await startBff({
    apiTimeout: 0.15,
    apiRoutes: [
      { ...route, prefix: '/api/required' },
      { ...route, prefix: '/api/optional', auth: 'optional' },
      { ...route, prefix: '/api/none', auth: 'none' },
      { ...route, prefix: '/api/read', auth: 'none', methods: ['GET', 'HEAD'] },
      { ...route, prefix: '/api/patient', auth: 'none', timeout: 5 },
    ],
  });
  cookie = cookieHeader((await signIn(bff)).browser, bff);
});

afterAll(async () => {
  await bff[Symbol.asyncDispose]();
  await upstream[Symbol.asyncDispose]();
});

const ask = async (path: string, init: RequestInit = {}) => {
  const before = upstream.seen.length;
  const answer = await fetch(bff.url + path, init);
  const seen = upstream.seen[before];
  return { status: answer.status, answer, seen, authorization: seen?.headers.authorization };
};

const bearer = /^Bearer [\w.-]+$/;

test.for([
  ['required', 'signed in', 200, bearer],
  ['required', 'anonymous', 401, undefined],
  ['optional', 'signed in', 200, bearer],
  ['optional', 'anonymous', 200, undefined],
  ['none', 'signed in', 200, undefined],
  ['none', 'anonymous', 200, undefined],
] as const)('auth %s and %s: %i, with the token where there is one', async ([auth, who, status, token]) => {
  const own = 'Basic b3duOm93bg==';
  const headers = { authorization: own, ...(who === 'anonymous' ? {} : { cookie }) };
  const asked = await ask(`/api/${auth}`, { headers });
  expect(asked.status).toBe(status);
  expect(asked.authorization).toEqual(token === undefined ? undefined : expect.stringMatching(token));
  expect(asked.seen?.headers.cookie).toBeUndefined();
});

test('a cookie of no session counts as none where a session is optional', async () => {
  const stale = cookie.replace(/=.*/, '=stale');
  expect(await ask('/api/optional', { headers: { cookie: stale } })).toMatchObject({
    status: 200,
    authorization: undefined,
  });
});

test('a link from another site brings no token, whatever the route wants', async () => {
  const follow = (path: string) =>
    createBrowser().visit(bff.url + path, { from: 'http://evil.example/', headers: { cookie } });
  expect((await follow('/api/required')).status).toBe(401);
  const before = upstream.seen.length;
  expect((await follow('/api/optional')).text).toBe('answered');
  expect(upstream.seen[before]?.headers.authorization).toBeUndefined();
});

test.for(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'])(
  '%s passes where all methods do',
  async (method) => {
    const asked = await ask('/api/none', { method, headers: { 'x-csrf': '1' } });
    expect([asked.status, asked.seen?.method]).toEqual([200, method]);
  },
);

test('a route accepts its methods and no other, and lists them', async () => {
  expect((await ask('/api/read')).status).toBe(200);
  for (const method of ['POST', 'DELETE', 'OPTIONS']) {
    const { status, answer, seen } = await ask('/api/read', { method, headers: { 'x-csrf': '1' } });
    expect([status, answer.headers.get('allow'), seen]).toEqual([405, 'GET, HEAD', undefined]);
  }
});

test('a route may be more patient than the others', async () => {
  expect((await ask('/api/none/slow')).status).toBe(504);
  const { answer } = await ask('/api/patient/slow');
  expect([answer.status, await answer.text()]).toEqual([200, 'late']);
});

test('a call with a session asks the store once, one without does not ask it', async () => {
  const asked: string[] = [];
  const memory = await openSessionStore('memory:');
  const sessionStore = new Proxy(memory, {
    get: (store, name: keyof typeof memory) => {
      asked.push(name);
      return store[name];
    },
  });
  await using counted = await startBff({
    sessionStore,
    apiRoutes: [{ prefix: '/api/a', upstream: upstream.url, auth: 'optional' }],
  });
  const headers = { cookie: cookieHeader((await signIn(counted)).browser, counted) };
  await fetch(`${counted.url}/api/a`, { headers });
  asked.length = 0;
  await fetch(`${counted.url}/api/a`, { headers });
  expect(asked).toHaveLength(1);
  await fetch(`${counted.url}/api/a`);
  expect(asked).toHaveLength(1);
});
