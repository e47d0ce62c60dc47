import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { type BffOptions, openSessionStore } from '../../src/index.ts';
import { type BentBff, cookieHeader, startBentBff } from '../kit/bent-login.ts';
import { createSessionKey, type RunningBff, startBff } from '../kit/start-bff.ts';

const signIn = async (kit: BentBff): Promise<string> => {
  const login = await kit.begin();
  await kit.comeBack(login);
  await login.browser.visitWithoutFollowing(kit.bff.url);
  return cookieHeader(login.browser, kit.bff);
};

const isSignedIn = async ({ app }: RunningBff, cookie: string, url = '/api/me'): Promise<boolean> =>
  JSON.parse((await app.inject({ url, headers: { cookie } })).body).authenticated;

test('polling does not extend a session, using it does, and the absolute limit holds', async () => {
  let now = Date.now();
  const limits = { sessionIdleTimeout: 600, sessionLifetime: 1000 };
  const kit = await startBentBff({}, { clock: () => now, ...limits });
  const [polled, used] = [await signIn(kit), await signIn(kit)];
  now += 500_000;
  expect(await isSignedIn(kit.bff, polled, '/api/me?slide=false')).toBe(true);
  expect(await isSignedIn(kit.bff, used)).toBe(true);
  now += 100_000;
  expect(await isSignedIn(kit.bff, polled, '/api/me?slide=false')).toBe(false);
  expect(await isSignedIn(kit.bff, used)).toBe(true);
  now += 400_000;
  expect(await isSignedIn(kit.bff, used)).toBe(false);
});

test('when a session was seen is written at most once a minute, or once in a tenth of a short idle time', async () => {
  let now = Date.now();
  for (const [sessionIdleTimeout, interval] of [
    [1800, 60_000],
    [60, 6000],
  ] as const) {
    const written: number[] = [];
    const observe: BffOptions['observe'] = (seen) => {
      if (seen.kind === 'store_call' && seen.operation === 'touch') written.push(now);
    };
    const kit = await startBentBff({}, { clock: () => now, sessionIdleTimeout, observe });
    const cookie = await signIn(kit);
    const start = now;
    for (let tenths = 1; tenths <= 25; tenths += 1) {
      now = start + (interval * tenths) / 10;
      expect(await isSignedIn(kit.bff, cookie)).toBe(true);
    }
    expect(written).toEqual([start + interval, start + 2 * interval]);
  }
});

test('a session key that is added signs no one out, one that is taken away does', async () => {
  const [old, fresh] = [createSessionKey(), createSessionKey()];
  const sessionStore = await openSessionStore('memory:');
  const publicUrl = 'https://app.example';
  const kit = await startBentBff({}, { sessionKeys: [old], sessionStore, publicUrl });
  const cookie = (await signInByHeader(kit)).cookie;
  const again = async (sessionKeys: readonly string[]): Promise<RunningBff> => {
    const { issuer, clientId, clientSecret } = kit.bent;
    const given: Partial<BffOptions> = { issuer, clientId, clientSecret, sessionKeys, publicUrl };
    const bff = await startBff({ ...given, sessionStore: { ...sessionStore, close: async () => undefined } });
    onTestFinished(() => bff[Symbol.asyncDispose]());
    return bff;
  };
  expect(await isSignedIn(await again([fresh, old]), cookie)).toBe(true);
  expect(await isSignedIn(await again([fresh]), cookie)).toBe(false);
  expect(await isSignedIn(await again([old]), cookie)).toBe(true);
});

/** Behind https the browser of the tests keeps no cookie: what was set is sent by hand. */
const signInByHeader = async (kit: BentBff): Promise<{ readonly cookie: string }> => {
  const start = await kit.bff.app.inject({ url: '/login' });
  const asked = new URL(String(start.headers.location)).searchParams;
  kit.bent.nonce = asked.get('nonce') ?? '';
  const pair = (header: unknown): string =>
    [header]
      .flat()
      .map(String)
      .find((line) => !line.includes('Max-Age=0'))
      ?.split(';')[0] ?? '';
  const end = await kit.bff.app.inject({
    url: `/login/callback?code=a&state=${asked.get('state')}`,
    headers: { cookie: pair(start.headers['set-cookie']) },
  });
  return { cookie: pair(end.headers['set-cookie']) };
};

test('nothing of a session can be read in its cookie, nor in the files of the store', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'foyer-readable-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const sessionStore = await openSessionStore(`sqlite:${join(folder, 'sessions.db')}`);
  const kit = await startBentBff(
    {
      idToken: ({ header, claims }) => ({
        header,
        claims: { ...claims, sid: 'sid-canary', sub: 'sub-canary' },
      }),
      userinfo: () => ({
        body: { sub: 'sub-canary', name: 'name-canary', email: 'mail-canary@example.com' },
      }),
    },
    { sessionStore },
  );
  const cookie = await signIn(kit);
  expect(await isSignedIn(kit.bff, cookie)).toBe(true);
  const files = readdirSync(folder).map((name) => readFileSync(join(folder, name)).toString('latin1'));
  const [, sealed = ''] = cookie.split('=');
  const opened = sealed.split('.').map((part) => Buffer.from(part, 'base64url').toString('latin1'));
  expect(files.join('').length).toBeGreaterThan(1000);
  for (const secret of ['canary', 'example.com', 'access-token', 'refresh-token', kit.bent.clientId, sealed])
    expect([secret, [...files, ...opened].some((text) => text.includes(secret))]).toEqual([secret, false]);
});
