import { expect, test } from 'vitest';
import { startBff } from '../kit/start-bff.ts';

const everywhere = [
  'x-request-id',
  'x-content-type-options',
  'referrer-policy',
  'content-security-policy',
  'cross-origin-opener-policy',
  'cross-origin-resource-policy',
  'permissions-policy',
];

test.for([
  '/api/me',
  '/login',
  '/login/callback',
  '/logout',
  '/healthz',
  '/readyz',
  '/api/nothing',
  '/api/me/sessions',
])('the answer of %s has every header and names no server', async (path) => {
  await using bff = await startBff();
  const answer = await fetch(`${bff.url}${path}`, { redirect: 'manual' });
  for (const name of everywhere) expect(answer.headers.get(name), name).toBeTruthy();
  expect(answer.headers.get('server')).toBeNull();
  expect(answer.headers.get('x-powered-by')).toBeNull();
  expect(answer.headers.get('strict-transport-security')).toBeNull();
  expect(answer.headers.get('cache-control')).toBe('no-store');
});

test('an unknown API is JSON, whatever the client accepts', async () => {
  await using bff = await startBff();
  const answer = await fetch(`${bff.url}/api/nothing`, { headers: { accept: 'text/html' } });
  expect(answer.status).toBe(404);
  expect(answer.headers.get('content-type')).toBe('application/problem+json; charset=utf-8');
  const requestId = answer.headers.get('x-request-id');
  expect(await answer.json()).toMatchObject({
    type: 'urn:foyer:problem:not_found',
    code: 'not_found',
    status: 404,
    requestId,
  });
});

test('a navigation that fails gets a page with a way on, and nothing of the request', async () => {
  await using bff = await startBff();
  const answer = await fetch(`${bff.url}/login/callback?state=%3Cscript%3Ealert(1)`, {
    headers: { accept: 'text/html' },
  });
  const page = await answer.text();
  expect(answer.status).toBe(400);
  expect(answer.headers.get('content-type')).toBe('text/html; charset=utf-8');
  expect(page).toContain('Try again');
  expect(page).toContain('href="/"');
  expect(page).toContain(answer.headers.get('x-request-id'));
  expect(page).not.toContain('script');
});

test('a request id is kept when it is well-formed, and replaced when not', async () => {
  await using bff = await startBff();
  const ask = async (id: string): Promise<string | null> =>
    (await fetch(`${bff.url}/api/me`, { headers: { 'x-request-id': id } })).headers.get('x-request-id');
  expect(await ask('abcd_EFGH-1234')).toBe('abcd_EFGH-1234');
  expect(await ask('short')).toMatch(/^[A-Za-z0-9_-]{16}$/);
  expect(await ask('has spaces in it')).toMatch(/^[A-Za-z0-9_-]{16}$/);
});

test.for([
  ['?code=x&state=a&state=b', 'invalid_authorization_response'],
  ['?code=x', 'invalid_authorization_response'],
  ['?code=x&state=unknown', 'login_not_started'],
  ['', 'login_not_started'],
] as const)('the callback %s without a pending login is %s', async ([query, code]) => {
  await using bff = await startBff();
  const answer = await fetch(`${bff.url}/login/callback${query}`);
  expect(answer.status).toBe(400);
  expect(await answer.json()).toMatchObject({ code });
});

test('logins beyond the limit are refused with the time to wait', async () => {
  await using bff = await startBff({ rateLimitLogin: 2 });
  const ask = () => fetch(`${bff.url}/login`, { redirect: 'manual' });
  expect([(await ask()).status, (await ask()).status]).toEqual([303, 303]);
  const refused = await ask();
  expect(refused.status).toBe(429);
  expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
  expect(await refused.json()).toMatchObject({ code: 'rate_limited' });
});

test('a provider that is down is 503 at /login, and the BFF answers everything else', async () => {
  await using bff = await startBff();
  await bff.provider.close();
  await using second = await startBff({ issuer: bff.provider.issuer });
  const login = await fetch(`${second.url}/login`, { redirect: 'manual' });
  expect(login.status).toBe(503);
  expect(login.headers.get('retry-after')).toBeTruthy();
  expect(login.headers.getSetCookie()).toEqual([]);
  expect((await fetch(`${second.url}/api/me`)).status).toBe(200);
  expect((await fetch(`${second.url}/healthz`)).status).toBe(200);
  expect((await fetch(`${second.url}/readyz`)).status).toBe(503);
});
