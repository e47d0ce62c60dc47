import { expect, test } from 'vitest';
import { cookieHeader, startBentBff, whoIs } from '../kit/bent-login.ts';
import { startUpstream } from '../kit/start-upstream.ts';
import type { Answer, Json } from '../provider/bent-provider.ts';

/** What the provider says of Ada from now on. */
interface Sayings {
  idToken: Json;
  userinfo: Answer;
  /** Whether a refresh brings an ID token. */
  isIdTokenRefreshed: boolean;
}

const minuteMs = 60_000;

/** Ada is signed in; `refresh` lets her access token expire and calls an API with it. */
const startSignedIn = async (sayings: Sayings) => {
  const upstream = await startUpstream((_request, response) => response.end());
  const clock = { now: Date.now() };
  const { bff, bent, begin, comeBack } = await startBentBff(
    {
      idToken: ({ header, claims: { name: _, ...claims } }) => ({
        header,
        claims: { ...claims, ...sayings.idToken },
      }),
      userinfo: () => sayings.userinfo,
      token: (base, { body }) => {
        const isRefresh = body.get('grant_type') === 'refresh_token';
        return { body: isRefresh && !sayings.isIdTokenRefreshed ? { ...base, id_token: null } : base };
      },
    },
    {
      clock: () => clock.now,
      sessionIdleTimeout: '12h',
      apiRoutes: [
        { prefix: '/api/a', upstream: upstream.url },
        { prefix: '/api/admin', upstream: upstream.url, require: { claims: { groups: 'admin' } } },
      ],
    },
  );
  const login = await begin();
  await comeBack(login);
  const call = async (path: string): Promise<number> => {
    const headers = { cookie: cookieHeader(login.browser, bff) };
    return (await fetch(`${bff.url}${path}`, { headers })).status;
  };
  return {
    call,
    log: bff.log,
    userinfoReads: () => bent.count('userinfo'),
    user: async () => (await whoIs(login.browser, bff)).user,
    session: async () => (await whoIs(login.browser, bff)).session,
    refresh: async (afterMinutes: number, status = 200): Promise<void> => {
      clock.now += afterMinutes * minuteMs;
      bent.clock.now = clock.now;
      expect(await call('/api/a')).toBe(status);
    },
    [Symbol.asyncDispose]: () => upstream[Symbol.asyncDispose](),
  };
};

const ofUserinfo = (claims: Json): Answer => ({ body: { sub: 'ada', ...claims } });

test('after a refresh the claims are those of the new ID token', async () => {
  const sayings: Sayings = {
    idToken: { name: 'Ada', groups: ['admin'] },
    userinfo: ofUserinfo({}),
    isIdTokenRefreshed: true,
  };
  await using ada = await startSignedIn(sayings);
  expect(await ada.call('/api/admin')).toBe(200);
  sayings.idToken = { name: 'Countess', email: 'ada@example.com' };
  await ada.refresh(6);
  expect(await ada.user()).toEqual({ sub: 'ada', name: 'Countess', email: 'ada@example.com' });
  expect(await ada.call('/api/admin')).toBe(403);
});

test('userinfo is not read where the new ID token says as much as the earlier one', async () => {
  const sayings: Sayings = {
    idToken: { name: 'Ada', plan: 'free' },
    userinfo: ofUserinfo({ name: 'Ada', plan: 'free' }),
    isIdTokenRefreshed: true,
  };
  await using ada = await startSignedIn(sayings);
  sayings.idToken = { name: 'Countess', plan: 'free' };
  await ada.refresh(6);
  expect([await ada.user(), ada.userinfoReads()]).toEqual([
    { sub: 'ada', name: 'Countess', plan: 'free' },
    1,
  ]);
});

test('a new ID token that says less than the earlier one leaves the rest to userinfo', async () => {
  const person = { name: 'Ada', groups: ['admin'] };
  const sayings: Sayings = { idToken: person, userinfo: ofUserinfo(person), isIdTokenRefreshed: true };
  await using ada = await startSignedIn(sayings);
  sayings.idToken = {};
  await ada.refresh(6);
  await expect.poll(ada.user).toEqual({ sub: 'ada', ...person });
  expect(await ada.call('/api/admin')).toBe(200);
  await ada.refresh(4.9);
  expect([await ada.user(), ada.userinfoReads()]).toEqual([{ sub: 'ada', ...person }, 2]);
});

test.for([[null], ['']])('a claim that is %j in userinfo leaves that of the ID token', async ([absent]) => {
  const sayings: Sayings = {
    idToken: { groups: ['admin'] },
    userinfo: ofUserinfo({ name: absent, plan: 'free', groups: absent }),
    isIdTokenRefreshed: false,
  };
  await using ada = await startSignedIn(sayings);
  sayings.userinfo = ofUserinfo({ name: absent, plan: 'gold', groups: absent });
  await ada.refresh(6);
  await expect.poll(ada.user).toMatchObject({ plan: 'gold', groups: ['admin'] });
  sayings.isIdTokenRefreshed = true;
  sayings.idToken = { name: 'Ada', groups: ['admin'] };
  await ada.refresh(4.9);
  expect(await ada.user()).toEqual({ sub: 'ada', name: 'Ada', plan: 'gold', groups: ['admin'] });
});

test('a limit of the session in a new ID token shortens the session, and never makes it longer', async () => {
  const sayings: Sayings = { idToken: {}, userinfo: ofUserinfo({}), isIdTokenRefreshed: true };
  await using ada = await startSignedIn(sayings);
  const inMinutes = (minutes: number): number => Math.floor(Date.now() / 60_000 + minutes) * 60;
  const end = new Date(inMinutes(60) * 1000).toISOString();
  for (const minutes of [60, 90]) {
    sayings.idToken = { session_expiry: inMinutes(minutes) };
    await ada.refresh(6);
    expect(await ada.session()).toMatchObject({ expiresAt: end });
  }
  sayings.idToken = { session_expiry: inMinutes(10) };
  await ada.refresh(6, 401);
  expect(await ada.session()).toBeUndefined();
});

test('claims of userinfo are read again after a refresh, at most once in five minutes', async () => {
  const sayings: Sayings = {
    idToken: { groups: ['admin'] },
    userinfo: ofUserinfo({ name: 'Ada', plan: 'free' }),
    isIdTokenRefreshed: false,
  };
  await using ada = await startSignedIn(sayings);
  sayings.userinfo = ofUserinfo({ name: 'Countess' });
  await ada.refresh(4.9);
  expect(await ada.user()).toMatchObject({ name: 'Ada', plan: 'free' });
  expect(ada.userinfoReads()).toBe(1);
  await ada.refresh(4.9);
  await expect.poll(ada.user).toEqual({ sub: 'ada', name: 'Countess', groups: ['admin'] });
  expect(ada.userinfoReads()).toBe(2);
  await ada.refresh(4.9);
  expect(ada.userinfoReads()).toBe(2);
});

test.for<[string, Answer]>([
  ['is down', { status: 503 }],
  ['refuses the token', { status: 401 }],
  ['is about someone else', { body: { sub: 'eve', name: 'Eve' } }],
])('userinfo that %s changes nothing', async ([, userinfo]) => {
  const sayings: Sayings = { idToken: {}, userinfo: ofUserinfo({ name: 'Ada' }), isIdTokenRefreshed: true };
  await using ada = await startSignedIn(sayings);
  sayings.userinfo = userinfo;
  await ada.refresh(6);
  const events = () => ada.log.map(({ event }) => event);
  await expect.poll(events).toContainEqual(expect.stringMatching(/^(claims_not_renewed|userinfo_refused)$/));
  expect(await ada.user()).toEqual({ sub: 'ada', name: 'Ada' });
  await ada.refresh(6);
  expect(await ada.user()).toEqual({ sub: 'ada', name: 'Ada' });
});
