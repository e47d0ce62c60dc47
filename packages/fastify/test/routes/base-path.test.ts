import { parseLogoutAnswer, parseMe, parseSessionList } from '@foyer/contract';
import { startDevProvider } from '@foyer/dev-provider';
import { createBrowser, freePort } from '@foyer/testkit';
import Fastify from 'fastify';
import { expect, test } from 'vitest';
import { bff, openSessionStore } from '../../src/index.ts';
import { parseReturnTo } from '../../src/login/return-to.ts';
import { checkOptions } from '../../src/options.ts';
import { createCookieRules } from '../../src/session/session-cookie.ts';
import { makeSpaDir } from '../kit/spa-dir.ts';
import { createSessionKey, signIn, startBff } from '../kit/start-bff.ts';
import { startUpstream } from '../kit/start-upstream.ts';

const startBelow = async (given: Parameters<typeof startBff>[0] = {}) => startBff(given, {}, '/app');

test('below a path people sign in, see who they are and sign out, at addresses below it', async () => {
  using spa = makeSpaDir();
  await using below = await startBelow({ spa: { dir: spa.dir } });
  const { browser, page } = await signIn(below, { returnTo: '/app/deep?x=1' });
  expect([page.url, page.status]).toEqual([`${below.url}/deep?x=1#`, 200]);
  const steps = page.steps.map(({ url }) => url).filter((url) => url.startsWith(below.url));
  expect(steps[0]).toContain('/app/login/callback?');
  const port = new URL(below.url).port;
  expect(browser.cookies(below.url).map(({ name, path }) => [name, path])).toEqual([
    [`foyer-${port}`, '/app'],
    [`foyer-${port}-rounds`, '/app'],
  ]);
  expect(await (await browser.fetch('/app/api/me')).json()).toMatchObject({
    authenticated: true,
    logoutUrl: '/app/logout',
  });
  const [session] = parseSessionList(await (await browser.fetch('/app/api/me/sessions')).json()).sessions;
  const ended = await browser.fetch(`/app/api/me/sessions/${session?.id}`, { method: 'DELETE' });
  expect(await ended.json()).toEqual({ ended: 1 });
  await browser.visit(`${below.url}/login?returnTo=/app/deep`, { from: below.url });
  const asked = await browser.visit('/app/logout', { from: below.url });
  expect(asked.text).toContain('action="/app/logout"');
  const answer = await browser.fetch('/app/logout', { method: 'POST' });
  const { redirectTo } = parseLogoutAnswer(await answer.json());
  const back = new URL(redirectTo).searchParams.get('post_logout_redirect_uri');
  expect([back, answer.headers.getSetCookie()[0]]).toEqual([
    `${below.url}/logout`,
    expect.stringContaining('Path=/app;'),
  ]);
  expect(await (await browser.fetch('/app/api/me')).json()).toEqual({
    authenticated: false,
    loginUrl: '/app/login',
  });
  expect((await browser.visitWithoutFollowing('/app/logout')).steps[0]?.location).toBe('/app/');
});

test('below a path the pages are there, and nothing of ours is outside of it', async () => {
  using spa = makeSpaDir();
  await using below = await startBelow({ spa: { dir: spa.dir } });
  const { origin } = new URL(below.url);
  const ask = async (path: string, accept = 'text/html') => {
    const answer = await fetch(`${origin}${path}`, { redirect: 'manual', headers: { accept } });
    return [answer.status, answer.headers.get('location')];
  };
  expect(await ask('/app')).toEqual([303, '/app/']);
  expect(await ask('/app?x=1')).toEqual([303, '/app/?x=1']);
  expect(await ask('/app/')).toEqual([200, null]);
  expect(await ask('/app/deep')).toEqual([200, null]);
  expect(await ask('/app/assets/app-1a2b3c4d.js')).toEqual([200, null]);
  expect(await ask('/app/assets/none.js')).toEqual([404, null]);
  expect(await ask('/app/healthz')).toEqual([200, null]);
  for (const path of ['/', '/login', '/api/me', '/healthz', '/application'])
    expect([path, ...(await ask(path))]).toEqual([path, 404, null]);
  const api = await fetch(`${below.url}/api/none`, { headers: { accept: 'text/html' } });
  expect([api.status, api.headers.get('content-type')]).toEqual([
    404,
    'application/problem+json; charset=utf-8',
  ]);
  const page = await fetch(`${below.url}/login/callback?state=x`, { headers: { accept: 'text/html' } });
  expect(await page.text()).toMatch(
    /href="\/app\/login\?rounds=[\w.-]+">Try again<\/a><a href="\/app\/">Home/,
  );
  const wrong = await fetch(`${below.url}/api/me`, { method: 'PUT', headers: { 'x-csrf': '1' } });
  expect([wrong.status, wrong.headers.get('allow')]).toEqual([405, 'GET, HEAD']);
});

test('below a path another loopback name is corrected to the same page', async () => {
  await using below = await startBelow();
  const host = `127.0.0.1:${new URL(below.url).port}`;
  const answer = await below.app.inject({ url: '/app/login?returnTo=%2Fapp%2Fx', headers: { host } });
  expect(answer.headers.location).toBe(`${below.url}/login?returnTo=%2Fapp%2Fx`);
});

test('below a path an API is found there alone, and its redirects lead back there', async () => {
  await using upstream = await startUpstream((request, response) => {
    if (request.url === '/things/old') response.writeHead(302, { location: '/things/new?x=1' });
    response.end(request.url);
  });
  const apiRoutes = [{ prefix: '/api/things', upstream: `${upstream.url}/things` }];
  await using below = await startBelow({ apiRoutes });
  const unauthenticated = await fetch(`${below.url}/api/things`);
  expect(await unauthenticated.json()).toMatchObject({ code: 'unauthenticated', loginUrl: '/app/login' });
  const { browser } = await signIn(below, { returnTo: '/app/' });
  expect(await (await browser.fetch('/app/api/things/1?q=2')).text()).toBe('/things/1?q=2');
  const moved = await browser.fetch('/app/api/things/old');
  expect(moved.headers.get('location')).toBe('/app/api/things/new?x=1');
  expect((await fetch(`${new URL(below.url).origin}/api/things`)).status).toBe(404);
});

test('below a path the dev server is asked for the same path', async () => {
  await using dev = await startUpstream((request, response) => response.end(request.url));
  await using below = await startBelow({ spa: { devServer: dev.url } });
  for (const path of ['/', '/src/main.ts?t=1']) {
    const answer = await fetch(`${below.url}${path}`);
    expect(await answer.text()).toBe(`/app${path}`);
  }
  // Vite has no page at its base without the slash.
  const { status, headers } = await fetch(`${below.url}?x=1`, { redirect: 'manual' });
  expect([status, headers.get('location')]).toEqual([303, '/app/?x=1']);
});

test.for([
  ['/app/profile?x=1#y', '/app/profile?x=1#y'],
  ['https://app.example/app/profile', '/app/profile'],
  ['/app', '/app'],
  ['/profile', '/app/'],
  ['/application', '/app/'],
  ['/two/profile', '/app/'],
  ['/app/../two', '/app/'],
  ['/app/%2e%2e/two', '/app/'],
  ['/app/login', '/app/'],
  ['/app/api/me', '/app/'],
  ['/app/%6cogin', '/app/'],
  ['/%61pp/x', '/app/'],
  ['https://spa.example/profile', 'https://spa.example/profile'],
] as const)('below a path the returnTo %s is %s', ([asked, expected]) => {
  const options = {
    publicOrigin: 'https://app.example',
    basePath: '/app',
    allowedOrigins: ['https://spa.example'],
  };
  expect(parseReturnTo(asked, options)).toBe(expected);
});

test.for([
  ['https://a.example', '', '__Host-Http-foyer=x; Path=/; HttpOnly; Secure; SameSite=Strict'],
  ['https://a.example:8443', '', '__Host-Http-foyer-8443=x; Path=/; HttpOnly; Secure; SameSite=Strict'],
  ['https://a.example', '/app', '__Secure-foyer=x; Path=/app; HttpOnly; Secure; SameSite=Strict'],
  ['https://a.example:8443', '/app', '__Secure-foyer-8443=x; Path=/app; HttpOnly; Secure; SameSite=Strict'],
  ['http://localhost:3000', '/app', 'foyer-3000=x; Path=/app; HttpOnly; SameSite=Strict'],
] as const)('at %s%s the session cookie is %s', ([publicOrigin, basePath, line]) => {
  const isSecure = publicOrigin.startsWith('https:');
  const rules = createCookieRules({ cookieName: 'foyer', publicOrigin, basePath, isSecure });
  expect(rules.set(rules.sessionName, 'x')).toBe(line);
});

const startTwo = async () => {
  const port = await freePort();
  const origin = `http://localhost:${port}`;
  const urls = [`${origin}/one`, `${origin}/two`];
  const provider = await startDevProvider({ publicUrls: urls });
  const stores = await Promise.all(urls.map(() => openSessionStore('memory:')));
  const app = Fastify();
  for (const [index, publicUrl] of urls.entries()) {
    const sessionStore = stores[index];
    if (sessionStore === undefined) throw new Error('no store');
    const { issuer, clientId, clientSecret } = provider;
    const options = { issuer, clientId, clientSecret, publicUrl, sessionKeys: [createSessionKey()] };
    if (index === 0)
      app.register(async (scope) => scope.register(bff, { ...options, sessionStore, prefix: '/one' }));
    else app.register(async (scope) => scope.register(bff, { ...options, sessionStore }), { prefix: '/two' });
  }
  await app.listen({ port, host: 'localhost' });
  return {
    urls,
    [Symbol.asyncDispose]: async () => {
      await app.close();
      for (const store of stores) await store.close();
      await provider.close();
    },
  };
};

test('two apps of one host do not meet: each has its sessions, and a sign-out ends its own', async () => {
  await using two = await startTwo();
  const browser = createBrowser();
  const isSignedIn = async (path: string): Promise<boolean> =>
    parseMe(await (await browser.fetch(`${path}/api/me`)).json()).authenticated;
  const [one = '', other = ''] = two.urls;
  await signIn({ url: one }, { browser, returnTo: '/one/' });
  expect([await isSignedIn('/one'), await isSignedIn('/two')]).toEqual([true, false]);
  await browser.visit(`${other}/login?returnTo=/two/x`, { from: one });
  expect(browser.current.url).toBe(`${other}/x#`);
  expect([await isSignedIn('/one'), await isSignedIn('/two')]).toEqual([true, true]);
  await browser.fetch('/one/logout', { method: 'POST' });
  expect([await isSignedIn('/one'), await isSignedIn('/two')]).toEqual([false, true]);
});

test.for([
  ['https://app.example', '/auth', ['is /auth, and the path of publicUrl is /']],
  ['https://app.example/app', '/auth', ['is /auth, and the path of publicUrl is /app']],
  ['https://app.example/auth/', '/auth', []],
  ['https://app.example/auth', '/auth/', []],
] as const)(
  'with the public URL %s the prefix %s has the mistakes %j',
  async ([publicUrl, prefix, mistakes]) => {
    const issues = checkOptions({
      ...{ issuer: 'https://op.example', clientId: 'app', clientSecret: 'a secret', publicUrl, prefix },
      ...{ sessionKeys: [createSessionKey()], sessionStore: await openSessionStore('memory:') },
    });
    expect(issues.map(({ problem }) => problem)).toEqual(mistakes);
    for (const { remedy } of issues)
      expect(remedy).toBe('Set publicUrl to https://app.example/auth, or leave prefix out.');
  },
);

test('a plugin whose prefix the public URL lacks does not start, whoever gives the prefix', async () => {
  const sessionStore = await openSessionStore('memory:');
  const options = {
    ...{ issuer: 'https://op.example', clientId: 'app', clientSecret: 'a secret' },
    ...{ publicUrl: 'https://app.example', sessionKeys: [createSessionKey()], sessionStore },
  };
  const refusal = /prefix: is \/app, and the path of publicUrl is \//;
  await expect(
    Fastify()
      .register(bff, { ...options, prefix: '/app' })
      .ready(),
  ).rejects.toThrow(refusal);
  const host = Fastify();
  host.register(async (scope) => scope.register(bff, options), { prefix: '/app' });
  await expect(host.ready()).rejects.toThrow(refusal);
  await sessionStore.close();
});

test.for([
  'https://a.example/a%20b',
  'https://a.example/a//b',
  'https://a.example/?x',
  'https://a.example/a;b',
])('the public URL %s is refused', (publicUrl) => {
  const problems = checkOptions({ publicUrl }).filter(({ option }) => option === 'publicUrl');
  expect(problems).toHaveLength(1);
});
