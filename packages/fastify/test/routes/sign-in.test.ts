import { type LogoutAnswer, parseMe } from '@foyer/contract';
import { createBrowser } from '@foyer/testkit';
import { expect, test } from 'vitest';
import { type RunningBff, signIn, startBff } from '../kit/start-bff.ts';

test('a person signs in in three redirects and is known', async () => {
  await using bff = await startBff();
  const { browser, page } = await signIn(bff, { returnTo: '/profile?x=1' });
  expect(page.url).toBe(`${bff.url}/profile?x=1#`);
  const me = parseMe(await (await browser.fetch('/api/me')).json());
  expect(me).toMatchObject({ authenticated: true, displayName: 'Ada Lovelace', logoutUrl: '/logout' });
  expect(me).toMatchObject({ user: { sub: 'ada', email: 'ada@example.com' } });
  expect(me).not.toHaveProperty('user.iss');
});

test('the answer for who is signed in has the order of the contract', async () => {
  await using bff = await startBff();
  const { browser } = await signIn(bff);
  const me: Record<string, object> = JSON.parse(await (await browser.fetch('/api/me')).text());
  expect(Object.keys(me)).toEqual(['authenticated', 'user', 'displayName', 'session', 'logoutUrl']);
  expect(Object.keys(me.session ?? {})).toEqual(['id', 'now', 'idleExpiresAt', 'expiresAt']);
});

test('an anonymous visitor is reported as such and gets no cookie', async () => {
  await using bff = await startBff();
  const answer = await fetch(`${bff.url}/api/me`);
  expect(await answer.json()).toEqual({ authenticated: false, loginUrl: '/login' });
  expect(answer.status).toBe(200);
  expect(answer.headers.getSetCookie()).toEqual([]);
  expect(answer.headers.get('cache-control')).toBe('no-store');
  expect(answer.headers.get('vary')).toContain('Cookie');
});

test('the login cookie is Lax, the session cookie Strict, both are HttpOnly', async () => {
  await using bff = await startBff();
  const { page } = await signIn(bff);
  const callback = page.steps.find(({ url }) => url.includes('/login/callback'));
  const port = new URL(bff.url).port;
  expect(callback?.setCookie.filter((line) => !/-(login-|rounds)/.test(line))).toEqual([
    expect.stringMatching(
      new RegExp(`^foyer-${port}=[A-Za-z0-9_-]+\\.[A-Za-z0-9_-]+; Path=/; HttpOnly; SameSite=Strict$`),
    ),
  ]);
  const start = await fetch(`${bff.url}/login`, { redirect: 'manual' });
  expect(start.headers.getSetCookie()).toEqual([
    expect.stringMatching(
      new RegExp(`^foyer-${port}-login-[A-Za-z0-9_-]+=[^;]+; Max-Age=87000; Path=/; HttpOnly; SameSite=Lax$`),
    ),
  ]);
});

test('a callback cannot be used twice', async () => {
  await using bff = await startBff();
  const { browser, page } = await signIn(bff);
  const callback = page.steps.find(({ url }) => url.includes('/login/callback'))?.url ?? '';
  const stranger = await createBrowser().visit(callback);
  expect(stranger.status).toBe(400);
  const again = await browser.visitWithoutFollowing(callback);
  expect([again.status, again.headers.get('location')]).toEqual([303, '/#']);
});

test('the same callback sent many times at once signs in once', async () => {
  await using bff = await startBff();
  const browser = createBrowser();
  await browser.visit(`${bff.url}/login`, { from: `${bff.url}/` });
  const form = browser.current;
  expect(form.status).toBe(200);
  const cookie = browser
    .cookies(bff.url)
    .map(({ name, value }) => `${name}=${value}`)
    .join('; ');
  const page = await browser.submit({ button: 'Ada Lovelace' });
  const callback = page.steps.find(({ url }) => url.includes('/login/callback'))?.url ?? '';
  const replays = await Promise.all(
    Array.from({ length: 5 }, () => fetch(callback, { headers: { cookie }, redirect: 'manual' })),
  );
  expect(replays.map(({ status }) => status)).toEqual([400, 400, 400, 400, 400]);
});

test('a person who is signed in goes straight to returnTo', async () => {
  await using bff = await startBff();
  const { browser } = await signIn(bff);
  const page = await browser.visitWithoutFollowing('/login?returnTo=/profile', { from: `${bff.url}/` });
  expect([page.status, page.headers.get('location')]).toEqual([303, '/profile']);
});

test('signing out is local first and ends at the provider', async () => {
  await using bff = await startBff();
  const { browser } = await signIn(bff);
  const copy = browser.cookies(bff.url).map(({ name, value }) => `${name}=${value}`);
  const answer = await browser.fetch('/logout', { method: 'POST', headers: { accept: 'application/json' } });
  const { redirectTo }: LogoutAnswer = JSON.parse(await answer.text());
  const target = new URL(redirectTo);
  expect(target.origin).toBe(bff.provider.issuer);
  expect(target.searchParams.get('post_logout_redirect_uri')).toBe(`${bff.url}/logout`);
  expect(target.searchParams.get('state')).toBeTruthy();
  const dead = await fetch(`${bff.url}/api/me`, { headers: { cookie: copy.join('; ') } });
  expect(await dead.json()).toEqual({ authenticated: false, loginUrl: '/login' });
});

test('GET /logout asks and changes nothing', async () => {
  await using bff = await startBff();
  const { browser } = await signIn(bff);
  const page = await browser.visit('/logout', { from: `${bff.url}/` });
  expect(page.status).toBe(200);
  expect(page.text).toContain('<form method="post" action="/logout">');
  expect(await (await browser.fetch('/api/me')).json()).toMatchObject({ authenticated: true });
  const stranger = await fetch(`${bff.url}/logout?state=forged`, { redirect: 'manual' });
  expect([stranger.status, stranger.headers.get('location')]).toEqual([303, '/']);
});

test('signing out a visitor sets no cookie and leads home', async () => {
  await using bff = await startBff();
  const answer = await fetch(`${bff.url}/logout`, {
    method: 'POST',
    headers: { 'x-csrf': '1', accept: 'application/json' },
  });
  expect([answer.status, await answer.json(), answer.headers.getSetCookie()]).toEqual([
    200,
    { redirectTo: '/' },
    [],
  ]);
});

test('another site cannot sign anyone out', async () => {
  await using bff = await startBff();
  const { browser } = await signIn(bff);
  const answer = await browser.fetch(`${bff.url}/logout`, {
    method: 'POST',
    from: 'http://evil.localhost/',
    credentials: 'include',
  });
  expect(answer.status).toBe(403);
  expect(await answer.json()).toMatchObject({ code: 'cross_site_request' });
  expect(await (await browser.fetch('/api/me', { from: bff.url })).json()).toMatchObject({
    authenticated: true,
  });
});

test.for([
  ['PUT', '/api/me', 'GET, HEAD'],
  ['POST', '/login', 'GET'],
  ['HEAD', '/login', 'GET'],
  ['POST', '/login/callback', 'GET'],
  ['DELETE', '/logout', 'GET, HEAD, POST'],
  ['GET', '/logout/backchannel', 'POST'],
] as const)('%s %s is 405 with Allow', async ([method, path, allow]) => {
  await using bff = await startBff();
  const answer = await fetch(`${bff.url}${path}`, { method, headers: { 'x-csrf': '1' }, redirect: 'manual' });
  expect([answer.status, answer.headers.get('allow')]).toEqual([405, allow]);
});

test('thirty abandoned logins do not grow the cookies', async () => {
  await using bff = await startBff({ rateLimitLogin: 0 });
  const browser = createBrowser();
  for (let count = 0; count < 30; count += 1) {
    await browser.visitWithoutFollowing(`${bff.url}/login?returnTo=/${'x'.repeat(count * 60)}`);
  }
  expect(browser.cookies(bff.url).length).toBeLessThanOrEqual(5);
});

/** With these Fetch Metadata, which `fetch` would not send. */
const fetchLogin = async ({ app, url }: RunningBff, given: Record<string, string>) => {
  const headers = { host: new URL(url).host, ...given };
  const { statusCode, headers: answered } = await app.inject({ url: '/login', headers });
  return { status: statusCode, location: answered.location, setCookie: answered['set-cookie'] };
};

test('prefetches, frames and sub-resources start nothing', async () => {
  await using bff = await startBff();
  const odd: readonly Record<string, string>[] = [
    { 'sec-purpose': 'prefetch' },
    { purpose: 'prefetch' },
    { 'sec-fetch-mode': 'no-cors', 'sec-fetch-dest': 'image' },
    { 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'iframe' },
    { 'sec-fetch-mode': 'cors', 'sec-fetch-dest': 'empty' },
  ];
  for (const headers of odd) {
    const { status, setCookie } = await fetchLogin(bff, headers);
    expect([status, setCookie]).toEqual([400, undefined]);
  }
});

test('a service worker that passes the navigation to /login on starts a login', async () => {
  await using bff = await startBff();
  const headers = {
    'sec-fetch-mode': 'navigate',
    'sec-fetch-dest': 'empty',
    'sec-fetch-site': 'same-origin',
  };
  const { status, location } = await fetchLogin(bff, headers);
  expect([status, location?.startsWith(bff.provider.issuer)]).toEqual([303, true]);
});

test('no token, code, secret or cookie is ever logged', async () => {
  await using bff = await startBff();
  const { browser, page } = await signIn(bff);
  await browser.fetch('/logout', { method: 'POST', headers: { accept: 'application/json' } });
  const callback = new URL(page.steps.find(({ url }) => url.includes('/login/callback'))?.url ?? '');
  const logged = JSON.stringify(bff.log);
  expect(logged).not.toContain(callback.searchParams.get('code'));
  expect(logged).not.toContain(callback.searchParams.get('state'));
  expect(logged).not.toContain(bff.provider.clientSecret);
  expect(bff.log.map(({ event }) => event)).toEqual(expect.arrayContaining(['login', 'logout']));
});
