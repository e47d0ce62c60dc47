import { expect, test } from 'vitest';
import { type BffOptions, type LoginDecision, type OnLogin, Problem } from '../../src/index.ts';
import { type BentBff, cookieHeader, startBentBff, whoIs } from '../kit/bent-login.ts';
import { startUpstream } from '../kit/start-upstream.ts';
import type { Bends } from '../provider/bent-provider.ts';

const bends: Bends = {
  idToken: ({ header, claims }) => ({
    header,
    claims: { ...claims, groups: ['staff'], acr: 'gold', email: 'ada@example.com' },
  }),
  userinfo: () => ({ body: { sub: 'ada', name: 'Ada' } }),
};

const signIn = async ({ begin, comeBack }: Pick<BentBff, 'begin' | 'comeBack'>, query = '') => {
  const login = await begin(query);
  return { browser: login.browser, page: await comeBack(login) };
};

const startDeciding = (decide: OnLogin, given: Partial<BffOptions> = {}) =>
  startBentBff(bends, { onLogin: decide, ...given });

test('onLogin sees the claims of both, the ID token’s alone, and the request', async () => {
  const seen: unknown[] = [];
  const { bff, ...bent } = await startDeciding(async ({ claims, idTokenClaims, request }) => {
    seen.push([claims.name, claims.groups, claims.acr, idTokenClaims.name, request.routeOptions.url]);
    return undefined;
  });
  const { browser } = await signIn(bent);
  expect(seen).toEqual([['Ada', ['staff'], 'gold', 'Ada from the ID token', '/login/callback']]);
  expect((await whoIs(browser, bff)).authenticated).toBe(true);
});

test('userinfo cannot change whose claims they are: another provider’s people are not its own', async () => {
  const seen: unknown[] = [];
  const { bent, ...kit } = await startBentBff(
    { ...bends, userinfo: () => ({ body: { sub: 'ada', iss: 'https://staff.example' } }) },
    {
      onLogin: async ({ claims, idTokenClaims }) => {
        seen.push(claims.iss, idTokenClaims.iss);
        return undefined;
      },
    },
  );
  await signIn(kit);
  expect(seen).toEqual([bent.issuer, bent.issuer]);
});

test('onLogin refuses with a reason for the log alone, and the tokens are revoked', async () => {
  const revoked: unknown[] = [];
  const { bff, ...bent } = await startBentBff(
    {
      ...bends,
      discovery: (base) => ({
        body: { ...base, revocation_endpoint: `${String(base.issuer)}/revocation` },
      }),
      revocation: ({ body }) => {
        revoked.push(body.get('token'));
        return {};
      },
    },
    { onLogin: async ({ claims }) => ({ refuse: `${claims.sub} is not invited` }) },
  );
  const { browser, page } = await signIn(bent);
  expect(page.status).toBe(403);
  expect(page.text).toContain('Access was denied');
  expect(page.text).not.toContain('invited');
  expect(bff.log.find(({ event }) => event === 'refusal')).toMatchObject({
    code: 'access_denied',
    reason: 'onLogin refused the sign-in: ada is not invited',
  });
  expect((await whoIs(browser, bff)).authenticated).toBe(false);
  await expect.poll(() => revoked).toEqual(['refresh-token-2']);
});

test.for<[string, OnLogin, number, string]>([
  [
    'throws',
    async () => {
      throw Object.assign(new Error('database is down'), { statusCode: 403 });
    },
    500,
    'internal_error',
  ],
  [
    'throws a problem',
    async () => {
      throw new Problem('rate_limited', 'Too many seats are taken');
    },
    429,
    'rate_limited',
  ],
  ['misspells its decision', async (): Promise<object> => ({ refused: 'no' }), 500, 'internal_error'],
  ['answers no decision', async () => JSON.parse('false'), 500, 'internal_error'],
])('an onLogin that %s opens no session', async ([, decide, status, code]) => {
  const { bff, ...bent } = await startDeciding(decide);
  const { browser, page } = await signIn(bent);
  expect(page.status).toBe(status);
  expect(page.text).not.toContain('database');
  expect(bff.log.find(({ event }) => event === 'refusal')).toMatchObject({ code });
  expect((await whoIs(browser, bff)).authenticated).toBe(false);
});

const decision: LoginDecision = {
  add: { roles: ['owner'], name: 'Countess', sub: 'eve', acr: 'platinum' },
  hide: ['email', 'roles', 'sub'],
};

test('onLogin adds to and takes from what the browser is shown; routes and the server know all of it', async () => {
  await using upstream = await startUpstream((_request, response) => response.end());
  const { bff, ...bent } = await startDeciding(async () => decision, {
    apiRoutes: [
      { prefix: '/api/a', upstream: upstream.url, require: { claims: { roles: 'owner' }, acr: 'gold' } },
    ],
  });
  const { browser } = await signIn(bent);
  const me = await whoIs(browser, bff);
  expect(me).toMatchObject({ displayName: 'Countess' });
  expect(me.user).toEqual({ sub: 'ada', name: 'Countess', groups: ['staff'] });
  const headers = { cookie: cookieHeader(browser, bff) };
  expect((await fetch(`${bff.url}/api/a`, { headers })).status).toBe(200);
});

test.for([
  ['/welcome?first=yes', '/welcome?first=yes#'],
  ['/welcome#first', '/welcome#first'],
  ['https://evil.example/', '/#'],
  ['/api/me', '/#'],
])('onLogin names where the browser goes: %s', async ([returnTo = '', location]) => {
  const bent = await startDeciding(async () => ({ returnTo }));
  const { page } = await signIn(bent, '?returnTo=/profile');
  expect([page.status, page.headers.get('location')]).toEqual([303, location]);
});

test('userClaims lists what the browser is shown', async () => {
  const { bff, ...bent } = await startBentBff(bends, { userClaims: ['groups', 'phone_number'] });
  const { browser } = await signIn(bent);
  const me = await whoIs(browser, bff);
  expect(me).toMatchObject({ user: { sub: 'ada', groups: ['staff'] }, displayName: 'ada' });
  expect(Object.keys(me.user ?? {}).sort()).toEqual(['groups', 'sub']);
});
