import { once } from 'node:events';
import { connect } from 'node:net';
import { expect, test } from 'vitest';
import type { ApiRoute } from '../../src/options.ts';
import { type BentBff, cookieHeader, startBentBff } from '../kit/bent-login.ts';
import { startUpstream } from '../kit/start-upstream.ts';
import type { Bends, Json } from '../provider/bent-provider.ts';

type Require = NonNullable<Partial<ApiRoute>['require']>;

/** Ada, as the provider knows her this time. */
const known = (claims: Json): Bends => ({
  idToken: ({ header, claims: base }) => ({ header, claims: { ...base, ...claims } }),
  userinfo: () => ({ body: { sub: 'ada' } }),
});

const signIn = async ({ begin, comeBack, bff }: BentBff): Promise<string> => {
  const login = await begin();
  await comeBack(login);
  return cookieHeader(login.browser, bff);
};

/** What a call of a route that requires something is answered, and whether the upstream got anything of it. */
const call = async (require: Require, bends: Bends) => {
  await using upstream = await startUpstream((_request, response) => response.end('passed'));
  const bent = await startBentBff(bends, {
    apiRoutes: [{ prefix: '/api/a', upstream: upstream.url, require }],
  });
  const answer = await fetch(`${bent.bff.url}/api/a`, { headers: { cookie: await signIn(bent) } });
  const body = await answer.text();
  const problem = answer.ok ? {} : JSON.parse(body);
  const refusal = bent.bff.log.find(({ event }) => event === 'refusal');
  return {
    outcome: problem.code ?? body,
    reached: upstream.seen.length,
    loginUrl: problem.loginUrl,
    reason: refusal?.reason,
    body,
  };
};

const roles = { 'https://app.example/roles': ['writer'], realm: { 'a.b': { roles: ['admin', 'x'] } } };

test.for<[string, Require, Json]>([
  ['a value', { claims: { department: 'sales' } }, { department: 'sales' }],
  ['one of an array', { claims: { groups: 'admin' } }, { groups: ['user', 'admin'] }],
  ['any of several values', { claims: { groups: ['owner', 'admin'] } }, { groups: ['admin'] }],
  ['a truth', { claims: { vip: true } }, { vip: true }],
  ['a number', { claims: { level: 3 } }, { level: 3 }],
  ['a name that is a URL', { claims: { 'https://app.example/roles': 'writer' } }, roles],
  ['a path whose names hold dots', { claims: { 'realm.a.b.roles': 'admin' } }, roles],
  ['how the person signed in', { claims: { amr: 'otp' } }, { amr: ['pwd', 'otp'] }],
])('a call passes with %s that its route requires', async ([, require, claims]) => {
  expect(await call(require, known(claims))).toMatchObject({ outcome: 'passed', reached: 1 });
});

test.for<[string, Require, Json]>([
  ['no such claim', { claims: { groups: 'admin' } }, {}],
  ['null', { claims: { groups: 'admin' } }, { groups: null }],
  ['another value', { claims: { groups: 'admin' } }, { groups: 'administrator' }],
  ['an empty array', { claims: { groups: 'admin' } }, { groups: [] }],
  ['an array in the array', { claims: { groups: 'admin' } }, { groups: [['admin']] }],
  ['an object', { claims: { groups: 'admin' } }, { groups: { admin: true } }],
  ['a text for a truth', { claims: { vip: true } }, { vip: 'true' }],
  ['a text for a number', { claims: { level: 3 } }, { level: '3' }],
  ['one of two claims', { claims: { groups: 'admin', vip: true } }, { groups: 'admin' }],
  ['a path through an array', { claims: { 'groups.0': 'admin' } }, { groups: ['admin'] }],
  ['a path through an array of objects', { claims: { 'a.name': 'x' } }, { a: [{ name: 'x' }] }],
  ['a member that every object has', { claims: { 'a.constructor.name': 'Object' } }, { a: {} }],
  ['a member that every text has', { claims: { 'a.length': 1 } }, { a: 'b' }],
])('a call is refused with %s', async ([, require, claims]) => {
  const { outcome, reached, reason, body } = await call(require, known(claims));
  expect([outcome, reached]).toEqual(['forbidden', 0]);
  const [name] = Object.keys(require.claims ?? {}).toReversed();
  expect(reason).toContain(`The claim ${name} is not `);
  expect(body).not.toContain(name);
});

const granted = (scope: unknown): Bends => ({ token: (base) => ({ body: { ...base, scope } }) });

test.for<[string, Bends, string]>([
  ['the scopes that were granted', granted('openid users:write users:read'), 'passed'],
  ['all that was asked for where the provider does not say', granted(undefined), 'passed'],
  ['less than was asked for', granted('openid users:read'), 'forbidden'],
  ['a scope that begins alike', granted('openid users:read users:writer'), 'forbidden'],
])('the scope of a call is judged by %s', async ([, bends, outcome]) => {
  await using upstream = await startUpstream((_request, response) => response.end('passed'));
  const bent = await startBentBff(bends, {
    scope: 'openid users:read users:write',
    apiRoutes: [{ prefix: '/api/a', upstream: upstream.url, require: { scope: 'users:write users:read' } }],
  });
  const answer = await fetch(`${bent.bff.url}/api/a`, { headers: { cookie: await signIn(bent) } });
  expect(answer.ok ? await answer.text() : JSON.parse(await answer.text()).code).toBe(outcome);
});

const secondsAgo = (seconds: number): number => Math.floor(Date.now() / 1000) - seconds;

test.for<[string, Require, Json, string]>([
  ['no acr', { acr: 'high' }, {}, '/login?acr_values=high'],
  ['another acr', { acr: ['high', 'higher'] }, { acr: 'low' }, '/login?acr_values=high+higher'],
  ['an acr that is a list', { acr: 'high' }, { acr: ['high'] }, '/login?acr_values=high'],
  ['no auth_time', { maxAge: 600 }, {}, '/login?max_age=600'],
  ['an old sign-in', { maxAge: 600 }, { auth_time: secondsAgo(700) }, '/login?max_age=600'],
  ['a sign-in of the future', { maxAge: 600 }, { auth_time: secondsAgo(-90) }, '/login?max_age=600'],
  [
    'an old sign-in of the right strength',
    { acr: 'urn:x', maxAge: 60 },
    { acr: 'urn:x', auth_time: secondsAgo(700) },
    '/login?acr_values=urn%3Ax&max_age=60',
  ],
])('a call needs a step up with %s', async ([, require, claims, loginUrl]) => {
  const got = await call(require, known(claims));
  expect(got).toMatchObject({ outcome: 'step_up_required', loginUrl, reached: 0 });
  expect(got.reason).toMatch(/acr|sign-in/);
});

test('a call passes with a recent sign-in of one of the strengths', async () => {
  const require: Require = { acr: ['high', 'higher'], maxAge: 600 };
  const claims = { acr: 'higher', auth_time: secondsAgo(500) };
  expect(await call(require, known(claims))).toMatchObject({ outcome: 'passed', reached: 1 });
});

test('how a person signed in is taken from the ID token, not from userinfo', async () => {
  const bends: Bends = { userinfo: () => ({ body: { sub: 'ada', acr: 'high', groups: ['admin'] } }) };
  expect(await call({ acr: 'high' }, bends)).toMatchObject({ outcome: 'step_up_required' });
  expect(await call({ claims: { groups: 'admin' } }, bends)).toMatchObject({ outcome: 'passed' });
});

test('a route with a requirement refuses calls without a session', async () => {
  await using upstream = await startUpstream((_request, response) => response.end());
  const { bff } = await startBentBff(
    {},
    {
      apiRoutes: [
        { prefix: '/api/a', upstream: upstream.url, auth: 'optional', require: { claims: { vip: true } } },
      ],
    },
  );
  const answer = await fetch(`${bff.url}/api/a`);
  expect(JSON.parse(await answer.text())).toMatchObject({ code: 'unauthenticated', loginUrl: '/login' });
  expect(upstream.seen).toEqual([]);
});

test('a WebSocket that lacks what its route requires is answered, and never opened upstream', async () => {
  await using upstream = await startUpstream((_request, response) => response.end());
  const bent = await startBentBff(known({}), {
    apiRoutes: [{ prefix: '/api/a', upstream: upstream.url, require: { claims: { groups: 'admin' } } }],
  });
  const { port } = new URL(bent.bff.url);
  const socket = connect(Number(port), 'localhost');
  const head = [
    'GET /api/a HTTP/1.1',
    `Host: localhost:${port}`,
    'Connection: Upgrade',
    'Upgrade: websocket',
    `Origin: ${bent.bff.url}`,
    'Sec-WebSocket-Version: 13',
    'Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==',
    `Cookie: ${await signIn(bent)}`,
  ];
  socket.write(`${head.join('\r\n')}\r\n\r\n`);
  const [first] = await once(socket, 'data');
  socket.destroy();
  expect(String(first)).toMatch(/^HTTP\/1\.1 403 /);
  expect(String(first)).toContain('"code":"forbidden"');
  expect(upstream.seen).toEqual([]);
});

test('a prefix may require more for some methods than for others', async () => {
  await using upstream = await startUpstream((_request, response) => response.end('passed'));
  const route = { prefix: '/api/a', upstream: upstream.url };
  const bent = await startBentBff(known({ groups: ['readers'] }), {
    apiRoutes: [
      { ...route, methods: ['GET'] },
      { ...route, methods: ['POST', 'DELETE'], require: { claims: { groups: 'editors' } } },
    ],
  });
  const cookie = await signIn(bent);
  const ask = async (method: string) => {
    const answer = await fetch(`${bent.bff.url}/api/a/1`, { method, headers: { cookie, 'x-csrf': '1' } });
    return [answer.status, answer.headers.get('allow')];
  };
  expect(await ask('GET')).toEqual([200, null]);
  expect(await ask('POST')).toEqual([403, null]);
  expect(await ask('DELETE')).toEqual([403, null]);
  expect(await ask('PUT')).toEqual([405, 'GET, POST, DELETE']);
  expect(upstream.seen.map(({ method }) => method)).toEqual(['GET']);
});
