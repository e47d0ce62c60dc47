import { afterAll, beforeAll, expect, test } from 'vitest';
import { makeSpaDir } from '../kit/spa-dir.ts';
import { type RunningBff, startBff } from '../kit/start-bff.ts';

const spa = makeSpaDir();
const origin = 'http://spa.localhost:5173';
let bff: RunningBff;

beforeAll(async () => {
  bff = await startBff({
    spa: { dir: spa.dir },
    allowedOrigins: [origin],
    rateLimitLogin: 0,
    apiRoutes: [{ prefix: '/api/mine', upstream: 'http://127.0.0.1:9' }],
  });
});

afterAll(async () => {
  await bff[Symbol.asyncDispose]();
  spa[Symbol.dispose]();
});

const ask = async (
  method: 'GET' | 'POST' | 'OPTIONS',
  url: string,
  headers: Readonly<Record<string, string>>,
) => {
  const { statusCode, headers: answered } = await bff.app.inject({ method, url, headers });
  return {
    status: statusCode,
    origin: answered['access-control-allow-origin'],
    credentials: answered['access-control-allow-credentials'],
    varies: String(answered.vary).includes('Origin'),
    cookie: answered['set-cookie'],
  };
};

test.for([
  ['GET', '/api/me', 200],
  ['GET', '/api/mine', 401],
  ['GET', '/api/none', 404],
  ['POST', '/api/me', 405],
  ['GET', '/login/callback', 400],
  ['GET', '/%zz', 400],
  ['GET', '/api/%zz', 400],
  ['POST', '/api/mine/%c3', 400],
] as const)(
  'a configured origin may read the %s %s answer, %i, with credentials',
  async ([method, url, status]) => {
    expect(await ask(method, url, { origin, 'sec-fetch-site': 'same-site' })).toEqual({
      status,
      origin,
      credentials: 'true',
      varies: true,
      cookie: undefined,
    });
  },
);

test('a configured origin’s preflight is answered, whatever the path, and takes no cookie', async () => {
  const preflight = { origin, 'access-control-request-method': 'DELETE', 'sec-fetch-site': 'same-site' };
  for (const url of ['/api/me', '/api/mine/1', '/logout', '/api/%zz']) {
    expect(await ask('OPTIONS', url, preflight)).toMatchObject({ status: 204, origin, credentials: 'true' });
  }
});

test.for([
  'http://spa.localhost',
  'https://spa.localhost:5173',
  'http://spa.localhost:51730',
  'http://spa.localhost:5173.evil.example',
  'http://evil.spa.localhost:5173',
  'http://SPA.localhost:5173',
  'http://spa.localhost:5173/',
  `${origin}, ${origin}`,
  'null',
  '*',
])('the stranger %s is never named, on answers, errors or preflights', async (stranger) => {
  const preflight = { 'access-control-request-method': 'POST', 'access-control-request-headers': 'x-csrf' };
  for (const url of ['/api/me', '/api/mine', '/api/none', '/login', '/', '/logout', '/api/%zz']) {
    for (const [method, more] of [
      ['GET', {}],
      ['OPTIONS', preflight],
    ] as const) {
      const { origin: named, credentials, varies } = await ask(method, url, { origin: stranger, ...more });
      expect([url, method, named, credentials, varies]).toEqual([url, method, undefined, undefined, true]);
    }
  }
});

test('a stranger’s page gets no data and changes nothing', async () => {
  for (const headers of [
    { origin: 'https://evil.example' },
    { origin: 'https://evil.example', 'sec-fetch-site': 'cross-site' },
    { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'no-cors' },
    { 'sec-fetch-site': 'same-site', 'sec-fetch-mode': 'no-cors', 'x-csrf': '1' },
    { 'sec-fetch-site': 'nonsense' },
    { 'sec-fetch-site': 'same-origin, same-origin' },
  ]) {
    expect([headers, (await ask('GET', '/api/me', headers)).status]).toEqual([headers, 403]);
    const post = await ask('POST', '/logout', headers);
    expect([headers, post.status, post.cookie]).toEqual([headers, 403, undefined]);
  }
});
