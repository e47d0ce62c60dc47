import { createBrowser, type Page } from '@foyer/testkit';
import { expect, test } from 'vitest';
import type { BffOptions } from '../../src/index.ts';
import { type BentBff, startBentBff, whoIs } from '../kit/bent-login.ts';
import { holdInsert } from '../kit/hold-insert.ts';

const start = (given: Partial<BffOptions> = { frontchannelLogout: true }): Promise<BentBff> =>
  startBentBff(
    { idToken: ({ header, claims }) => ({ header, claims: { ...claims, sub: 'ada', sid: 'session-1' } }) },
    given,
  );

const signIn = async (bent: BentBff) => {
  const login = await bent.begin();
  await bent.comeBack(login);
  return login.browser;
};

const inFrame = { 'sec-fetch-dest': 'iframe' };

/** As a frame in a page of the provider, without the Strict cookie. */
const frame = (
  { bff, bent }: BentBff,
  query: Record<string, string> | string,
  headers: Record<string, string> = inFrame,
): Promise<Page> =>
  createBrowser().visitWithoutFollowing(`${bff.url}/logout/frontchannel?${new URLSearchParams(query)}`, {
    from: `${bent.issuer}/`,
    headers,
  });

test('the provider’s frame ends the session that it names, without its cookie', async () => {
  const bent = await start();
  const browser = await signIn(bent);
  const answer = await frame(bent, { iss: bent.bent.issuer, sid: 'session-1' });
  expect([answer.status, answer.headers.get('cache-control')]).toEqual([200, 'no-store']);
  const { origin } = new URL(bent.bent.issuer);
  expect(answer.headers.get('content-security-policy')).toBe(`default-src 'none'; frame-ancestors ${origin}`);
  expect(answer.headers.has('x-frame-options')).toBe(false);
  expect(await whoIs(browser, bent.bff)).toMatchObject({ authenticated: false });
  expect(bent.bff.log.filter(({ event }) => event === 'frontchannel')).toMatchObject([{ ended: 1 }]);
});

test('a service worker of the SPA may pass the provider’s frame on', async () => {
  const bent = await start();
  const browser = await signIn(bent);
  const passedOn = { 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'empty' };
  expect((await frame(bent, { iss: bent.bent.issuer, sid: 'session-1' }, passedOn)).status).toBe(200);
  expect(await whoIs(browser, bent.bff)).toMatchObject({ authenticated: false });
});

test('an unknown session is answered like a known one', async () => {
  const bent = await start();
  const browser = await signIn(bent);
  const answer = await frame(bent, { iss: bent.bent.issuer, sid: 'another' });
  expect([answer.status, answer.text]).toEqual([200, '<!doctype html><title>Signed out</title>']);
  expect(await whoIs(browser, bent.bff)).toMatchObject({ authenticated: true });
});

test.for([
  ['another issuer', (iss: string) => `iss=${iss}x&sid=session-1`, inFrame],
  ['no issuer', () => 'sid=session-1', inFrame],
  ['two issuers', (iss: string) => `iss=${iss}&iss=${iss}&sid=session-1`, inFrame],
  ['no session', (iss: string) => `iss=${iss}`, inFrame],
  ['an empty session', (iss: string) => `iss=${iss}&sid=`, inFrame],
  ['two sessions', (iss: string) => `iss=${iss}&sid=session-1&sid=x`, inFrame],
  ['a link', (iss: string) => `iss=${iss}&sid=session-1`, { 'sec-fetch-dest': 'document' }],
  ['an image', (iss: string) => `iss=${iss}&sid=session-1`, { 'sec-fetch-dest': 'image' }],
  [
    'a script',
    (iss: string) => `iss=${iss}&sid=session-1`,
    { 'sec-fetch-mode': 'cors', 'sec-fetch-dest': 'empty' },
  ],
  ['a prefetch', (iss: string) => `iss=${iss}&sid=session-1`, { ...inFrame, 'sec-purpose': 'prefetch' }],
] as const)('%s ends nothing', async ([, queryOf, headers]) => {
  const bent = await start();
  const browser = await signIn(bent);
  expect((await frame(bent, queryOf(bent.bent.issuer), headers)).status).toBe(400);
  expect(await whoIs(browser, bent.bff)).toMatchObject({ authenticated: true });
});

test('it is off by default, and no page may frame anything else', async () => {
  const bent = await start({});
  const browser = await signIn(bent);
  expect((await frame(bent, { iss: bent.bent.issuer, sid: 'session-1' })).status).toBe(404);
  expect(await whoIs(browser, bent.bff)).toMatchObject({ authenticated: true });
  const on = await start();
  const me = await fetch(`${on.bff.url}/api/me`);
  expect(me.headers.get('content-security-policy')).toContain("frame-ancestors 'none'");
});

test('a front-channel logout that comes while a login is being finished wins', async () => {
  const { sessionStore, isInserting, letInsert } = holdInsert();
  const bent = await start({ frontchannelLogout: true, sessionStore });
  const login = await bent.begin();
  const finished = bent.comeBack(login);
  await isInserting;
  expect((await frame(bent, { iss: bent.bent.issuer, sid: 'session-1' })).status).toBe(200);
  letInsert();
  expect((await finished).status).toBe(401);
  expect(await whoIs(login.browser, bent.bff)).toMatchObject({ authenticated: false });
});

test('many frames are limited as sign-ins are', async () => {
  const bent = await start({ frontchannelLogout: true, rateLimitLogin: 3 });
  const ask = (sid: string): Promise<Page> => frame(bent, { iss: bent.bent.issuer, sid });
  const statuses = [];
  for (const sid of ['a', 'b', 'c', 'd']) statuses.push((await ask(sid)).status);
  expect(statuses).toEqual([200, 200, 200, 429]);
});
