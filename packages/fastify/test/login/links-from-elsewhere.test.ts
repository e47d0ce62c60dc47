import { expect, test } from 'vitest';
import { cookieHeader, whoIs } from '../kit/bent-login.ts';
import { signIn, startBff } from '../kit/start-bff.ts';

const elsewhere = 'http://elsewhere.example/';

test('a link from another site starts a login at once; the session it does not see ends by its idle limit', async () => {
  let now = Date.now();
  await using bff = await startBff({ clock: () => now, sessionIdleTimeout: 600 });
  const { browser } = await signIn(bff);
  const before = cookieHeader(browser, bff);
  const askBefore = async () =>
    JSON.parse(await (await fetch(`${bff.url}/api/me?slide=false`, { headers: { cookie: before } })).text());
  const start = await browser.visitWithoutFollowing(`${bff.url}/login?prompt=login`, { from: elsewhere });
  expect([start.status, new URL(start.headers.get('location') ?? '').origin]).toEqual([
    303,
    bff.provider.issuer,
  ]);
  await browser.visit(`${bff.url}/login?prompt=login&returnTo=/deep`, { from: elsewhere });
  const page = await browser.submit({ button: 'Ada Lovelace' });
  expect([page.url, cookieHeader(browser, bff) === before]).toEqual([`${bff.url}/deep#`, false]);
  const { sessions } = JSON.parse(await (await browser.fetch('/api/me/sessions')).text());
  expect(sessions).toHaveLength(2);
  now += 600_000;
  expect(await askBefore()).toMatchObject({ authenticated: false });
});

test('the same login begun on a page of ours ends the session that the browser had', async () => {
  await using bff = await startBff();
  const { browser } = await signIn(bff);
  const before = cookieHeader(browser, bff);
  await browser.visit(`${bff.url}/login?prompt=login`, { from: `${bff.url}/` });
  await browser.submit({ button: 'Ada Lovelace' });
  expect(await whoIs(browser, bff)).toMatchObject({ authenticated: true });
  const old = await fetch(`${bff.url}/api/me`, { headers: { cookie: before } });
  expect(await old.json()).toMatchObject({ authenticated: false });
});
