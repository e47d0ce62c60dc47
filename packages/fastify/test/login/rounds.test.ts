import { createBrowser, type Page, type TestBrowser } from '@foyer/testkit';
import { expect, test } from 'vitest';
import type { BffOptions } from '../../src/index.ts';
import { type BentBff, startBentBff, whoIs } from '../kit/bent-login.ts';
import { createSessionKey, type RunningBff } from '../kit/start-bff.ts';

const title = 'The sign-in does not come to an end';

const forget = (browser: TestBrowser, bent: BentBff, isForgotten: (name: string) => boolean): void => {
  for (const { name } of browser.cookies(bent.bff.url))
    if (isForgotten(name)) browser.setCookie(bent.bff.url, `${name}=; Max-Age=0; Path=/`);
};

const isSession = (name: string): boolean => /^foyer-\d+$/.test(name);

/** A whole login at a BFF, beside the provider that it is configured for. */
const goRound = async (browser: TestBrowser, { bff, bent }: BentBff): Promise<Page> => {
  const start = await browser.visitWithoutFollowing(`${bff.url}/login?returnTo=/deep`, {
    from: `${bff.url}/deep`,
  });
  if (start.status !== 303) return start;
  const { searchParams } = new URL(start.headers.get('location') ?? '');
  bent.nonce = searchParams.get('nonce') ?? '';
  const query = `code=c&state=${searchParams.get('state')}`;
  return browser.visitWithoutFollowing(`${bff.url}/login/callback?${query}`, { from: bent.issuer });
};

const clientOf = ({ bent: { issuer, clientId, clientSecret } }: BentBff) => ({
  issuer,
  clientId,
  clientSecret,
});

const roundsOf = ({ bff }: BentBff) => bff.log.filter(({ event }) => event === 'login_rounds');

test('a session cookie that does not come back: after five rounds a page names the likely causes', async () => {
  const bent = await startBentBff();
  const browser = createBrowser();
  for (let round = 0; round < 5; round += 1) {
    expect((await goRound(browser, bent)).status).toBe(303);
    forget(browser, bent, isSession);
  }
  const page = await goRound(browser, bent);
  expect([page.status, page.headers.get('location')]).toEqual([400, null]);
  expect(page.text).toContain(title);
  for (const cause of ['cookies', 'SESSION_KEYS', 'clock']) expect(page.text).toContain(cause);
  expect(page.text).toContain('href="/login?returnTo=%2Fdeep"');
  expect(roundsOf(bent)).toMatchObject([{ rounds: 5, missing: expect.stringContaining('cookie') }]);
  expect((await goRound(browser, bent)).status, '"Try again" begins a login').toBe(303);
});

/** The page that a page leads on to without a click, and then the address of its "Try again". */
const findTryAgain = async (browser: TestBrowser, page: Page, { url }: RunningBff): Promise<string> => {
  const next = /http-equiv="refresh" content="0;url=([^"]+)"/.exec(page.text)?.[1];
  const last = next === undefined ? page : await browser.visit(new URL(next, url).href, { from: `${url}/` });
  return /class="first" href="([^"]+)"/.exec(last.text)?.[1]?.replaceAll('&amp;', '&') ?? '';
};

test('the login cookie that does not come back counts as well, and the log names it', async () => {
  const bent = await startBentBff();
  const browser = createBrowser();
  const statuses: number[] = [];
  let address = '/login';
  for (let round = 0; round < 6; round += 1) {
    const start = await browser.visitWithoutFollowing(`${bent.bff.url}${address}`, {
      from: `${bent.bff.url}/`,
    });
    statuses.push(start.status);
    if (start.status !== 303) break;
    const state = new URL(start.headers.get('location') ?? '').searchParams.get('state');
    forget(browser, bent, (name) => name.includes('-login-'));
    const callback = `${bent.bff.url}/login/callback?code=c&state=${state}`;
    address = await findTryAgain(
      browser,
      await browser.visit(callback, { from: bent.bent.issuer }),
      bent.bff,
    );
  }
  expect(statuses).toEqual([303, 303, 303, 303, 303, 400]);
  expect(roundsOf(bent)).toMatchObject([{ missing: expect.stringContaining('pending login') }]);
});

test('replicas without common keys count together, and the log names the keys', async () => {
  const publicUrl = 'https://app.example';
  const one = await startBentBff({}, { publicUrl });
  const other = await startBentBff({}, { publicUrl, ...clientOf(one) });
  const browser = createBrowser();
  const statuses: number[] = [];
  for (let round = 0; round < 6; round += 1) {
    const [from, to] = round % 2 === 0 ? [one, other] : [other, one];
    const start = await browser.visitWithoutFollowing(`${from.bff.url}/login`, { from: `${from.bff.url}/` });
    statuses.push(start.status);
    const state = new URL(start.headers.get('location') ?? 'x:').searchParams.get('state');
    if (start.status === 303)
      await browser.visit(`${to.bff.url}/login/callback?code=c&state=${state}`, { from: one.bent.issuer });
  }
  expect(statuses).toEqual([303, 303, 303, 303, 303, 400]);
  const logged = [...roundsOf(one), ...roundsOf(other)];
  expect(logged).toMatchObject([{ rounds: 5, missing: expect.stringMatching(/SESSION_KEYS|does not open/) }]);
});

test.for<[string, 'one' | 'many', 'common' | 'own']>([
  ['one replica', 'one', 'common'],
  ['replicas with common keys', 'many', 'common'],
  ['replicas without common keys', 'many', 'own'],
])('where every cookie is blocked, rounds are counted all the same: %s', async ([, number, keys]) => {
  const given = {
    publicUrl: 'https://app.example',
    ...(keys === 'common' ? { sessionKeys: [createSessionKey()] } : {}),
  };
  const one = await startBentBff({}, given);
  const other = number === 'one' ? one : await startBentBff({}, { ...given, ...clientOf(one) });
  const browser = createBrowser();
  const statuses: number[] = [];
  let address = '/login?returnTo=/deep';
  for (let round = 0; round < 6; round += 1) {
    const [from, to] = round % 2 === 0 ? [one.bff, other.bff] : [other.bff, one.bff];
    const start = await browser.visitWithoutFollowing(`${from.url}${address}`, { from: `${from.url}/` });
    statuses.push(start.status);
    browser.clearCookies();
    if (start.status !== 303) {
      expect(start.text).toContain(title);
      expect(start.text).toContain('href="/login"');
      break;
    }
    const state = new URL(start.headers.get('location') ?? 'x:').searchParams.get('state') ?? '';
    const callback = `${to.url}/login/callback?code=c&state=${encodeURIComponent(state)}`;
    const failed = await browser.visit(callback, { from: one.bent.issuer });
    expect(failed.status).toBe(400);
    browser.clearCookies();
    address = await findTryAgain(browser, failed, to);
    browser.clearCookies();
  }
  expect(statuses).toEqual([303, 303, 303, 303, 303, 400]);
});

test.for<[string, Partial<BffOptions>, RegExp]>([
  [
    'store: the session cookie opens, and',
    { sessionKeys: [createSessionKey()] },
    /the store has no such session/,
  ],
  ['keys: the session cookie does not open, and', {}, /^A common SESSION_KEYS/],
])('replicas without common %s the log says so', async ([, keys, missing]) => {
  const given = { publicUrl: 'https://app.example', ...keys };
  const one = await startBentBff({}, given);
  const other = await startBentBff({}, { ...given, ...clientOf(one) });
  const browser = createBrowser();
  const statuses: number[] = [];
  for (let round = 0; round < 6; round += 1) {
    const [here, there] = round % 2 === 0 ? [one, other] : [other, one];
    statuses.push((await goRound(browser, { ...here, bent: one.bent })).status);
    if (round < 5) expect(await whoIs(browser, there.bff)).toMatchObject({ authenticated: false });
  }
  expect(statuses).toEqual([303, 303, 303, 303, 303, 400]);
  expect([...roundsOf(one), ...roundsOf(other)]).toMatchObject([{ missing: expect.stringMatching(missing) }]);
});

test('a replica whose clock is an hour ahead: each login is too old at once, and the log names the time', async () => {
  const given = { publicUrl: 'https://app.example', sessionKeys: [createSessionKey()] };
  const one = await startBentBff({}, given);
  const other = await startBentBff({}, { ...given, ...clientOf(one), clock: () => Date.now() + 3_600_000 });
  const browser = createBrowser();
  const statuses: number[] = [];
  for (let round = 0; round < 6; round += 1) {
    const start = await browser.visitWithoutFollowing(`${one.bff.url}/login`, { from: `${one.bff.url}/` });
    statuses.push(start.status);
    const state = new URL(start.headers.get('location') ?? 'x:').searchParams.get('state');
    if (start.status === 303)
      await browser.visit(`${other.bff.url}/login/callback?code=c&state=${state}`, { from: one.bent.issuer });
  }
  expect(statuses).toEqual([303, 303, 303, 303, 303, 400]);
  expect(roundsOf(one)).toMatchObject([{ missing: expect.stringMatching(/^Time: /) }]);
});

test('replicas whose clocks are 40 s apart count together', async () => {
  const given = { publicUrl: 'https://app.example' };
  const one = await startBentBff({}, given);
  const other = await startBentBff({}, { ...given, ...clientOf(one), clock: () => Date.now() + 40_000 });
  const browser = createBrowser();
  const statuses: number[] = [];
  for (let round = 0; round < 6; round += 1) {
    const here = round % 2 === 0 ? one : other;
    statuses.push((await goRound(browser, { ...here, bent: one.bent })).status);
    forget(browser, one, (name) => !name.endsWith('-rounds'));
  }
  expect(statuses).toEqual([303, 303, 303, 303, 303, 400]);
});

test('five tabs, an abandoned login each, and signing in and out again are no rounds', async () => {
  const bent = await startBentBff();
  const browser = createBrowser();
  for (let tab = 0; tab < 8; tab += 1) await bent.begin('?returnTo=/deep', browser);
  for (let time = 0; time < 8; time += 1) {
    expect((await goRound(browser, bent)).status).toBe(303);
    expect(await whoIs(browser, bent.bff)).toMatchObject({ authenticated: true });
    await browser.fetch(`${bent.bff.url}/logout`, { method: 'POST', from: `${bent.bff.url}/` });
  }
  expect(roundsOf(bent)).toEqual([]);
  expect(browser.cookies(bent.bff.url).map(({ name }) => name)).toEqual([]);
});

test('rounds are counted within a minute, and a session that is seen ends the count', async () => {
  let now = Date.now();
  const bent = await startBentBff({}, { clock: () => now });
  const browser = createBrowser();
  for (let round = 0; round < 9; round += 1) {
    expect((await goRound(browser, bent)).status).toBe(303);
    forget(browser, bent, isSession);
    now += 16_000;
  }
  await goRound(browser, bent);
  await whoIs(browser, bent.bff);
  expect(browser.cookies(bent.bff.url).map(({ name }) => name)).toEqual([
    expect.stringMatching(/^foyer-\d+$/),
  ]);
});

test('the cookie of rounds is Lax and short-lived, and a malformed or doubled one does not count', async () => {
  const bent = await startBentBff({}, { publicUrl: 'https://app.example' });
  const { browser } = await bent.begin();
  const failed = await browser.visit(`${bent.bff.url}/login/callback?code=c&state=x`);
  const [line = ''] = failed.headers.getSetCookie();
  expect(line).toMatch(
    /^__Host-Http-foyer-rounds=[\w.~-]+; Max-Age=60; Path=\/; HttpOnly; Secure; SameSite=Lax$/,
  );
  const [, name = '', time = ''] = /^([^=]+)=(\d{10})\.login;/.exec(line) ?? [];
  const five = Array(5).fill(time).join('.');
  const start = async (cookie: string): Promise<number> =>
    (await bent.bff.app.inject({ url: '/login', headers: { cookie } })).statusCode;
  expect(await start(`${name}=${five}.login`)).toBe(400);
  const spoilt = [
    `${five}.loginA`,
    `${five}.${time}.login`,
    `${five}.`,
    `${five}.login; ${name}=${five}.login`,
  ];
  for (const value of [...spoilt, 'x'.repeat(3000)]) expect(await start(`${name}=${value}`)).toBe(303);
});
