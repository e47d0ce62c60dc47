import { randomUUID } from 'node:crypto';
import { createBrowser, type TestBrowser } from '@foyer/testkit';
import { expect, test } from 'vitest';
import { endSessions } from '../../src/index.ts';
import { type BentBff, cookieHeader, startBentBff, whoIs } from '../kit/bent-login.ts';

/** One way in which the session of a browser ends. */
type End = (kit: BentBff, browser: TestBrowser) => Promise<unknown>;

const signIn = async (kit: BentBff, browser = createBrowser()): Promise<TestBrowser> => {
  await kit.comeBack(await kit.begin('?prompt=login', browser));
  return browser;
};

const ways: Readonly<Record<string, readonly [reason: string, end: End]>> = {
  'a sign-out in another tab': ['logout', (_kit, browser) => browser.fetch('/logout', { method: 'POST' })],
  'a logout token': [
    'backchannel',
    ({ bff, bent }) => {
      const { header, claims } = bent.logoutToken();
      const logoutToken = { header, claims: { ...claims, sub: 'ada', sid: undefined, jti: randomUUID() } };
      const body = new URLSearchParams({ logout_token: bent.sign(logoutToken) });
      return fetch(`${bff.url}/logout/backchannel`, { method: 'POST', body });
    },
  ],
  'the provider’s sign-out page': [
    'backchannel',
    ({ bff, bent }) =>
      fetch(`${bff.url}/logout/frontchannel?${new URLSearchParams({ iss: bent.issuer, sid: 'session-1' })}`, {
        headers: { 'sec-fetch-dest': 'iframe', 'sec-fetch-mode': 'navigate', 'sec-fetch-site': 'cross-site' },
      }),
  ],
  'the end of one session from another browser': [
    'revoked',
    async (kit, browser) => {
      const { session } = await whoIs(browser, kit.bff);
      const other = await signIn(kit);
      return other.fetch(`${kit.bff.url}/api/me/sessions/${session?.id}`, {
        method: 'DELETE',
        from: kit.bff.url,
      });
    },
  ],
  'the end of all other sessions': [
    'revoked',
    async (kit) =>
      (await signIn(kit)).fetch(`${kit.bff.url}/api/me/sessions`, { method: 'DELETE', from: kit.bff.url }),
  ],
  'an operator who names the person': ['revoked', ({ bff }) => endSessions(bff.app, { sub: 'ada' })],
  'an operator who names the session at the provider': [
    'revoked',
    ({ bff }) => endSessions(bff.app, { sid: 'session-1' }),
  ],
  'an operator who names the session': [
    'revoked',
    async ({ bff }, browser) => endSessions(bff.app, { id: (await whoIs(browser, bff)).session?.id ?? '' }),
  ],
  'another sign-in in this browser': ['replaced', (kit, browser) => signIn(kit, browser)],
};

test.for(Object.entries(ways))('an open page learns of %s, and why', async ([, [reason, end]]) => {
  const kit = await startBentBff(
    { idToken: ({ header, claims }) => ({ header, claims: { ...claims, sub: 'ada', sid: 'session-1' } }) },
    { frontchannelLogout: true },
  );
  const browser = await signIn(kit);
  const stream = await fetch(`${kit.bff.url}/api/me/events`, {
    headers: { cookie: cookieHeader(browser, kit.bff) },
  });
  await end(kit, browser);
  expect(await stream.text()).toContain(`event: signed-out\ndata: {"reason":"${reason}"}\n\n`);
});

test('an open page is warned of the absolute limit, and learns that the session has expired', async () => {
  const kit = await startBentBff({}, { sessionLifetime: 1 });
  const browser = await signIn(kit);
  const stream = await fetch(`${kit.bff.url}/api/me/events`, {
    headers: { cookie: cookieHeader(browser, kit.bff) },
  });
  const events = await stream.text();
  expect(events).toContain('"limit":"absolute"');
  expect(events).toContain('{"reason":"expired"}');
});
