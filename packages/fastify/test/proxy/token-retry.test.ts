import type { ServerResponse } from 'node:http';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { askRaw } from '@foyer/testkit';
import { expect, test } from 'vitest';
import type { RouteToken } from '../../src/index.ts';
import { cookieHeader, startBentBff } from '../kit/bent-login.ts';
import { startUpstream } from '../kit/start-upstream.ts';

interface Setting {
  /** What the first access token is said to live, in seconds. */
  readonly expiresIn?: number;
  /** The upstream's complaint about a token that it does not take. */
  readonly challenge?: string;
  /** The access token that the upstream takes. */
  readonly taken?: string;
  /** Whether the provider takes the refresh token. */
  readonly isGranted?: boolean;
  /** The token of the route. */
  readonly token?: RouteToken;
}

const invalid = 'Bearer realm="api", error="invalid_token", error_description="expired"';

/** A session that is a minute old, before an API that takes one access token only. */
const start = async (setting: Setting = {}) => {
  const { expiresIn, challenge = invalid, taken = 'Bearer token-2', isGranted = true } = setting;
  const { token = 'session' } = setting;
  const asked: string[] = [];
  const upstream = await startUpstream((request, response) => {
    asked.push(`${request.method} ${request.headers.authorization}`);
    if (request.headers.authorization === taken) response.end('ok');
    else response.writeHead(401, { 'www-authenticate': challenge }).end('no '.repeat(40_000));
  });
  let ageMs = 0;
  let grants = 0;
  const kit = await startBentBff(
    {
      token: (base, { body }) => {
        if (body.get('grant_type') !== 'refresh_token')
          return { body: { ...base, expires_in: expiresIn, refresh_token: 'refresh-1' } };
        grants += 1;
        if (!isGranted) return { status: 400, body: { error: 'invalid_grant' } };
        return { body: { access_token: `token-${grants + 1}`, token_type: 'Bearer' } };
      },
    },
    { apiRoutes: [{ prefix: '/api/a', upstream: upstream.url, token }], clock: () => Date.now() + ageMs },
  );
  const login = await kit.begin();
  await kit.comeBack(login);
  ageMs = 60_000;
  const cookie = cookieHeader(login.browser, kit.bff);
  const ask = (init: RequestInit = {}): Promise<Response> =>
    fetch(`${kit.bff.url}/api/a`, { ...init, headers: { cookie, 'x-csrf': '1' } });
  const pass = (ms: number): void => {
    ageMs += ms;
  };
  return { asked, ask, pass, grants: () => grants, [Symbol.asyncDispose]: upstream[Symbol.asyncDispose] };
};

const first = 'Bearer access-token-of-ada';

test('a token of unknown age that an upstream refuses is refreshed, and the call sent once more', async () => {
  await using api = await start();
  const answer = await api.ask();
  expect([answer.status, await answer.text()]).toEqual([200, 'ok']);
  expect(api.asked).toEqual([`GET ${first}`, 'GET Bearer token-2']);
  expect((await api.ask()).status).toBe(200);
  expect([api.asked.length, api.grants()]).toEqual([3, 1]);
});

test('so is another token of a route, once it is a minute old', async () => {
  await using api = await start({ token: { scope: 'a' }, taken: 'Bearer token-3' });
  expect((await api.ask()).status).toBe(401);
  api.pass(60_000);
  const answer = await api.ask();
  expect([answer.status, await answer.text()]).toEqual([200, 'ok']);
  expect(api.asked).toEqual(['GET Bearer token-2', 'GET Bearer token-2', 'GET Bearer token-3']);
  expect(api.grants()).toBe(2);
});

test('many calls with a refused token share one refresh', async () => {
  await using api = await start();
  const answers = await Promise.all(Array.from({ length: 20 }, () => api.ask()));
  expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]));
  expect(api.grants()).toBe(1);
});

test('an upstream that refuses the second token too is not asked a third time', async () => {
  await using api = await start({ taken: 'none' });
  const answer = await api.ask();
  expect([answer.status, (await answer.text()).length]).toEqual([401, 120_000]);
  expect(answer.headers.get('www-authenticate')).toBe(invalid);
  expect([api.asked.length, api.grants()]).toEqual([2, 1]);
});

test.for<[string, Setting, RequestInit]>([
  ['whose token expires at a known time', { expiresIn: 300 }, {}],
  ['that lacks a scope', { challenge: 'Bearer error="insufficient_scope"' }, {}],
  ['that is given no reason', { challenge: 'Bearer' }, {}],
  ['that is a POST', {}, { method: 'POST' }],
  ['that has a body', {}, { method: 'PUT', body: 'once' }],
])('a refused call %s is sent once, and its answer passes whole', async ([, setting, init]) => {
  await using api = await start(setting);
  const answer = await api.ask(init);
  expect([answer.status, (await answer.text()).length]).toEqual([401, 120_000]);
  expect([api.asked.length, api.grants()]).toEqual([1, 0]);
});

test('a refresh that ends the session is 401 session_expired', async () => {
  await using api = await start({ isGranted: false });
  const answer = await api.ask();
  expect([answer.status, await answer.json()]).toEqual([
    401,
    expect.objectContaining({ code: 'session_expired' }),
  ]);
  expect(api.asked).toHaveLength(1);
});

test.for([
  ['a call', ''],
  ['an upgrade', 'Connection: Upgrade\r\nUpgrade: websocket\r\n'],
])('the refusal of %s that breaks off while its token is refreshed in vain is 502', async ([, more]) => {
  let cut = (): void => undefined;
  const isCut = Promise.withResolvers<void>();
  await using upstream = await startUpstream((request, response) => {
    request.socket.once('close', isCut.resolve);
    cut = () => request.socket.resetAndDestroy();
    response.writeHead(401, { 'www-authenticate': invalid, 'content-length': 1000 }).write('half of it');
  });
  let ageMs = 0;
  const kit = await startBentBff(
    {
      token: (base, { body }) => {
        if (body.get('grant_type') !== 'refresh_token')
          return { body: { ...base, expires_in: undefined, refresh_token: 'refresh-1' } };
        cut();
        const same = JSON.stringify({ access_token: 'access-token-of-ada', token_type: 'Bearer' });
        const write = async (response: ServerResponse): Promise<void> => {
          await isCut.promise;
          // The other end of the connection has seen it a turn later.
          for (let turn = 0; turn < 20; turn += 1) await nextTurn();
          response.setHeader('content-type', 'application/json').end(same);
        };
        return { write: (response) => void write(response) };
      },
    },
    { apiRoutes: [{ prefix: '/api/a', upstream: upstream.url }], clock: () => Date.now() + ageMs },
  );
  const login = await kit.begin();
  await kit.comeBack(login);
  ageMs = 60_000;
  const cookie = cookieHeader(login.browser, kit.bff);
  const head = `GET /api/a HTTP/1.1\r\nHost: x\r\nX-CSRF: 1\r\nCookie: ${cookie}\r\n${more}\r\n`;
  const { status, body } = await askRaw(Number(new URL(kit.bff.url).port), head);
  expect([status, JSON.parse(body)]).toMatchObject([502, { code: 'upstream_unavailable' }]);
});
