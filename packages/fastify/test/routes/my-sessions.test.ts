import type { TestBrowser } from '@foyer/testkit';
import { expect, test } from 'vitest';
import { type BentBff, startBentBff } from '../kit/bent-login.ts';
import { signIn, startBff } from '../kit/start-bff.ts';

test('a user sees their sessions and ends the others', async () => {
  await using bff = await startBff();
  const first = await signIn(bff);
  const second = await signIn(bff);
  const list = JSON.parse(await (await second.browser.fetch('/api/me/sessions')).text());
  expect(list.sessions).toHaveLength(2);
  expect(list.sessions.filter(({ current }: { current: boolean }) => current)).toHaveLength(1);
  const ended = await second.browser.fetch('/api/me/sessions', { method: 'DELETE' });
  expect(await ended.json()).toEqual({ ended: 1 });
  expect(await (await first.browser.fetch('/api/me')).json()).toMatchObject({ authenticated: false });
  expect(await (await second.browser.fetch('/api/me')).json()).toMatchObject({ authenticated: true });
});

const agents = {
  firefox: 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0',
  safari:
    'Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 Mobile/15E148 Safari/604.1',
};

const signInWith = async (kit: BentBff, userAgent: string): Promise<TestBrowser> => {
  const { browser, state, nonce } = await kit.begin();
  kit.bent.nonce = nonce;
  const callback = `${kit.bff.url}/login/callback?code=code-1&state=${state}`;
  const headers = { 'user-agent': userAgent };
  await browser.visitWithoutFollowing(callback, { from: `${kit.bent.issuer}/`, headers });
  return browser;
};

test('each session is listed with its times, its browser and system in words, and which one is this', async () => {
  let now = Date.now();
  const kit = await startBentBff({}, { clock: () => now });
  await signInWith(kit, agents.safari);
  now += 1000;
  const browser = await signInWith(kit, agents.firefox);
  const list = JSON.parse(await (await browser.fetch('/api/me/sessions')).text());
  const time = expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/);
  const rest = { id: expect.any(String), createdAt: time, lastSeenAt: time };
  expect(list).toEqual({
    sessions: [
      { ...rest, browser: 'Firefox', system: 'Linux', current: true, cookie: expect.any(Object) },
      { ...rest, browser: 'Safari', system: 'iPhone', current: false },
    ],
  });
});

test('the current session names its cookie and the size of it, no other session does, and its value is in no answer', async () => {
  await using bff = await startBff();
  await signIn(bff);
  const { browser } = await signIn(bff);
  const cookie = browser.cookies(bff.url).find(({ sameSite }) => sameSite === 'strict');
  const { name = '', value = '' } = cookie ?? {};
  const answers = await Promise.all(
    ['/api/me', '/api/me/sessions'].map(async (path) => (await browser.fetch(path)).text()),
  );
  const { sessions } = JSON.parse(answers[1] ?? '');
  const bytes = Buffer.byteLength(name + value);
  expect(bytes).toBeGreaterThan(100);
  expect(sessions.map((session: { cookie?: unknown }) => session.cookie)).toEqual([
    { name, bytes },
    undefined,
  ]);
  // Not a piece of it either: any eight letters in a row.
  const pieces = Array.from({ length: value.length - 7 }, (_, at) => value.slice(at, at + 8));
  for (const answer of answers) expect(pieces.filter((piece) => answer.includes(piece))).toEqual([]);
});

test('one of the others is ended by its id, with the reason that it was revoked', async () => {
  await using bff = await startBff();
  const first = await signIn(bff);
  const { browser } = await signIn(bff);
  const list = JSON.parse(await (await browser.fetch('/api/me/sessions')).text());
  const { id } = list.sessions.find(({ current }: { current: boolean }) => !current);
  const ended = new Promise((resolve) => bff.app.foyer.sessions.onEnded(id, resolve));
  const end = () => browser.fetch(`/api/me/sessions/${id}`, { method: 'DELETE' });
  const answer = await end();
  expect([answer.status, await answer.json(), await ended]).toEqual([200, { ended: 1 }, 'revoked']);
  expect(await (await first.browser.fetch('/api/me')).json()).toMatchObject({ authenticated: false });
  expect(await (await browser.fetch('/api/me')).json()).toMatchObject({ authenticated: true });
  expect((await end()).status).toBe(404);
});

test('another user’s session id is not found', async () => {
  await using bff = await startBff();
  const { browser } = await signIn(bff);
  const answer = await browser.fetch('/api/me/sessions/somebody-elses', { method: 'DELETE' });
  expect(answer.status).toBe(404);
});
