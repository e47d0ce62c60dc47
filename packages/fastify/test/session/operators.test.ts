import { expect, test } from 'vitest';
import { countSessions, endSessions, openSessionStore } from '../../src/index.ts';
import { startBentBff, whoIs } from '../kit/bent-login.ts';
import { holdInsert } from '../kit/hold-insert.ts';
import { createSessionKey, signIn, startBff } from '../kit/start-bff.ts';

const cookieLine = async (given: Parameters<typeof startBff>[0]): Promise<string> => {
  await using bff = await startBff(given);
  const { page } = await signIn(bff);
  const lines = page.steps.flatMap(({ setCookie }) => setCookie);
  return lines.find((line) => line.includes('SameSite=Strict') && !line.includes('Max-Age=0')) ?? '';
};

const withClaims = (added: Readonly<Record<string, unknown>>): Parameters<typeof startBentBff>[0] => ({
  idToken: ({ header, claims }) => ({ header, claims: { ...claims, sub: 'ada', ...added } }),
});

test('the session cookie goes with the browser, or lasts as long as the session may', async () => {
  expect(await cookieLine({})).not.toContain('Max-Age');
  const line = await cookieLine({ sessionCookie: 'persistent', sessionLifetime: '2h' });
  const maxAge = Number(/Max-Age=(\d+)/.exec(line)?.[1]);
  expect(maxAge).toBeGreaterThan(7190);
  expect(maxAge).toBeLessThanOrEqual(7200);
});

test('a persistent cookie is warned of at the start', async () => {
  await using bff = await startBff({ sessionCookie: 'persistent' });
  expect(bff.log.filter(({ event }) => event === 'persistent_cookie')).toHaveLength(1);
});

test.for([
  ['plain', /^ada$/],
  ['hash', /^[\w-]{22}$/],
] as const)(
  'with %s the log names the person of logins, logouts, refusals and revocations',
  async ([logSubject, name]) => {
    await using bff = await startBff({ logSubject });
    const { browser } = await signIn(bff);
    await browser.fetch('/api/me/sessions/none', { method: 'DELETE' });
    await browser.fetch('/api/me/sessions', { method: 'DELETE' });
    await browser.fetch('/logout', { method: 'POST' });
    for (const event of ['login', 'refusal', 'sessions_revoked', 'logout']) {
      const lines = bff.log.filter((line) => line.event === event);
      expect([event, lines]).toEqual([
        event,
        [
          expect.objectContaining({
            subject: expect.stringMatching(name),
            address: expect.stringMatching(/1$/),
          }),
        ],
      ]);
    }
    if (logSubject === 'hash') expect(JSON.stringify(bff.log)).not.toContain('"ada"');
  },
);

test('the hash of a person is the same under the same key alone', async () => {
  const sessionKeys = [createSessionKey()];
  const hashOf = async (keys: readonly string[]): Promise<unknown> => {
    await using bff = await startBff({ sessionKeys: keys });
    await signIn(bff);
    return bff.log.find(({ event }) => event === 'login')?.subject;
  };
  const first = await hashOf(sessionKeys);
  expect(await hashOf(sessionKeys)).toBe(first);
  expect(await hashOf([createSessionKey()])).not.toBe(first);
});

test('with none the log names no one', async () => {
  await using bff = await startBff({ logSubject: 'none' });
  await signIn(bff);
  const line = bff.log.find(({ event }) => event === 'login');
  expect([line?.subject, line?.address]).toEqual([undefined, expect.stringMatching(/1$/)]);
});

test('sessions end by the session at the provider, while the provider is down too', async () => {
  const sessionStore = await openSessionStore('memory:');
  await using bff = await startBff({ sessionStore });
  const { browser } = await signIn(bff);
  await bff.provider.close();
  expect(await countSessions(bff.app, 'ada')).toBe(1);
  expect(await endSessions(bff.app, { sid: 'another' })).toBe(0);
  expect(await endSessions(bff.app, { sub: 'ada' })).toBe(1);
  expect(await (await browser.fetch('/api/me')).json()).toMatchObject({ authenticated: false });
});

test.for([[{ sub: 'ada' }], [{ sid: 'one' }]] as const)(
  'an operator who ends %j while a login is being finished ends that too',
  async ([named]) => {
    const { sessionStore, isInserting, letInsert } = holdInsert();
    const bent = await startBentBff(withClaims({ sid: 'one' }), { sessionStore });
    const login = await bent.begin();
    const finished = bent.comeBack(login);
    await isInserting;
    expect(await endSessions(bent.bff.app, named)).toBe(0);
    letInsert();
    expect((await finished).status).toBe(401);
    expect(await whoIs(login.browser, bent.bff)).toMatchObject({ authenticated: false });
  },
);

test.for([[{ sub: 'ada' }], [{ sid: 'one' }]] as const)(
  'a person whose sessions an operator has ended by %j can sign in again a second later',
  async ([named]) => {
    let laterMs = 0;
    const bent = await startBentBff(withClaims({ sid: 'one' }), { clock: () => Date.now() + laterMs });
    await bent.comeBack(await bent.begin());
    const next = await bent.begin();
    expect(await endSessions(bent.bff.app, named)).toBe(1);
    laterMs = 1000;
    expect((await bent.comeBack(next)).status).toBe(303);
    expect(await whoIs(next.browser, bent.bff)).toMatchObject({ authenticated: true });
  },
);

test('a limit that the provider sets on the session bounds ours', async () => {
  const expiry = Math.floor(Date.now() / 1000) + 100;
  const bent = await startBentBff(withClaims({ session_expiry: expiry }), { sessionCookie: 'persistent' });
  const login = await bent.begin();
  const { steps } = await bent.comeBack(login);
  const lines = steps
    .flatMap(({ setCookie }) => setCookie)
    .filter((line) => line.includes('SameSite=Strict'));
  const maxAges = lines.map((line) => Number(/Max-Age=(\d+)/.exec(line)?.[1]));
  expect(maxAges.filter((seconds) => seconds > 0 && seconds <= 100)).toHaveLength(1);
  expect(await whoIs(login.browser, bent.bff)).toMatchObject({
    session: { expiresAt: new Date(expiry * 1000).toISOString() },
  });
});

test.for([['soon'], ['9999999999'], [0], [-1]])(
  'a limit of the session that is %j is no login',
  async ([session_expiry]) => {
    const bent = await startBentBff(withClaims({ session_expiry }));
    const answer = await bent.comeBack(await bent.begin());
    expect(answer.status).toBe(502);
  },
);

test('people of any tenant are not reported as signed out', async () => {
  const { bff } = await startBentBff({}, { tenants: ['*'] });
  for (const call of [endSessions(bff.app, { sub: 'ada' }), endSessions(bff.app, { sid: 'x' })])
    await expect(call).rejects.toMatchObject({ code: 'bad_request' });
  await expect(countSessions(bff.app, 'ada')).rejects.toMatchObject({ code: 'bad_request' });
  expect(await endSessions(bff.app, { id: 'none' })).toBe(0);
});

test('a login whose sign-out the store cannot look for leaves no session behind', async () => {
  const store = await openSessionStore('memory:');
  let failures = 0;
  const readClaim: typeof store.readClaim = async (value) => {
    if (!value.startsWith('signed-out ')) return store.readClaim(value);
    failures += 1;
    throw new Error('The store is away for a short time');
  };
  await using bff = await startBff({ sessionStore: { ...store, readClaim } });
  const { page } = await signIn(bff);
  expect([page.status, failures > 0, await store.count()]).toEqual([503, true, 0]);
});
