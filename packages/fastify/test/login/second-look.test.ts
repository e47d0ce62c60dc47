import type { TestBrowser } from '@foyer/testkit';
import { expect, test } from 'vitest';
import { cookieHeader, whoIs } from '../kit/bent-login.ts';
import { type RunningBff, signIn, startBff } from '../kit/start-bff.ts';

const elsewhere = 'http://elsewhere.example/';

/** Follows a link of another site's, and then what our page does at once. */
const followLink = async (browser: TestBrowser, { url }: RunningBff, target: string) => {
  const look = await browser.visitWithoutFollowing(`${url}${target}`, { from: elsewhere });
  const [, continueAt] = /http-equiv="refresh" content="0;url=([^"]+)"/.exec(look.text) ?? [];
  const next = new URL(continueAt?.replaceAll('&amp;', '&') ?? '', url).href;
  return { look, next, page: await browser.visit(next, { from: look.url }) };
};

test('a login that another site’s link began ends the session that this browser had', async () => {
  await using bff = await startBff();
  const { browser } = await signIn(bff);
  const before = cookieHeader(browser, bff);
  const { look } = await followLink(browser, bff, '/login?prompt=login&returnTo=/deep');
  expect([look.status, look.headers.getSetCookie(), look.headers.get('cache-control')]).toEqual([
    200,
    [],
    'no-store',
  ]);
  const page = await browser.submit({ button: 'Ada Lovelace' });
  expect(page.url).toBe(`${bff.url}/deep`);
  expect(await whoIs(browser, bff)).toMatchObject({ authenticated: true });
  const old = await fetch(`${bff.url}/api/me`, { headers: { cookie: before } });
  expect(await old.json()).toMatchObject({ authenticated: false });
});

test('whom another site’s link leads to sign in goes on at once when signed in already', async () => {
  await using bff = await startBff();
  const { browser } = await signIn(bff);
  const { page } = await followLink(browser, bff, '/login?returnTo=/deep%3Fx=1%26y=2');
  expect(page.steps.map(({ status, location }) => [status, location])[0]).toEqual([303, '/deep?x=1&y=2']);
});

test('the second look keeps what is well-formed, repeats nothing else, and is not taken twice', async () => {
  await using bff = await startBff();
  const { browser } = await signIn(bff);
  const odd = `/login?returnTo=//evil.example&acr_values=%22%3E%3Cscript%3E&login_hint=a%26b&x=canary&prompt=none`;
  const { look, next } = await followLink(browser, bff, odd);
  expect(look.text).not.toMatch(/<script|canary|evil/);
  expect(Object.fromEntries(new URL(next).searchParams)).toEqual({
    ...{ returnTo: '/', login_hint: 'a&b', prompt: 'none', acr_values: '"><script>', continued: '1' },
  });
  const again = await browser.visitWithoutFollowing(next, { from: elsewhere });
  expect(again.status).toBe(303);
});
