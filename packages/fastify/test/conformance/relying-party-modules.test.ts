import { describe, expect, onTestFinished, test } from 'vitest';
import { type BentBff, cookieHeader, startBentBff, whoIs } from '../kit/bent-login.ts';
import { startUpstream } from '../kit/start-upstream.ts';
import { type Bends, foreignKey, type Json, type TokenParts } from '../provider/bent-provider.ts';

/*
 * The promises of the OpenID Foundation's relying-party modules for the code flow, each under the module's own name, held
 * by a browser's whole way through the BFF. The modules themselves need their suite on a public address.
 */

const withClaims =
  (change: Json | ((base: Json) => Json)): Bends['idToken'] =>
  ({ header, claims }) => ({
    header,
    claims: { ...claims, ...(typeof change === 'function' ? change(claims) : change) },
  });

const withHeader =
  (change: Json): Bends['idToken'] =>
  ({ header, claims }) => ({ claims, header: { ...header, ...change } });

const withoutKids = (base: Json): Json[] =>
  (Array.isArray(base.keys) ? base.keys : []).map((key: Json) => ({ ...key, kid: undefined }));

const otherKey = { ...foreignKey().jwk, kid: undefined };

const breakSignature = (token: string): string => {
  const [header, claims, signature = ''] = token.split('.');
  return [header, claims, Buffer.from(signature, 'base64url').reverse().toString('base64url')].join('.');
};

const signIn = async (kit: BentBff) => {
  const login = await kit.begin();
  const { status } = await kit.comeBack(login);
  return { status, browser: login.browser, me: await whoIs(login.browser, kit.bff) };
};

describe('a login that is completed, userinfo with it', () => {
  test.for<[module: string, bends: Bends]>([
    ['oidcc-client-test', {}],
    ['oidcc-client-test-idtoken-sig-rs256', { idToken: withHeader({ alg: 'RS256' }) }],
    [
      'oidcc-client-test-kid-absent-single-jwks',
      { jwks: (base) => ({ body: { keys: withoutKids(base) } }), idToken: withHeader({ kid: undefined }) },
    ],
    [
      'oidcc-client-test-kid-absent-multiple-jwks',
      {
        jwks: (base) => ({ body: { keys: [otherKey, ...withoutKids(base)] } }),
        idToken: withHeader({ kid: undefined }),
      },
    ],
  ])('%s', async ([, bends]) => {
    const kit = await startBentBff(bends);
    expect(await signIn(kit)).toMatchObject({ status: 303, me: { user: { sub: 'ada' } } });
    expect(kit.bent.count('userinfo')).toBe(1);
  });

  test('oidcc-client-test-scope-userinfo-claims', async () => {
    const claims = { sub: 'ada', name: 'Ada', email: 'ada@example.com' };
    const kit = await startBentBff({ userinfo: () => ({ body: claims }) }, { scope: 'openid profile email' });
    const { browser } = await kit.begin();
    const asked = new URL(browser.current.headers.get('location') ?? '').searchParams;
    expect(asked.get('scope')).toBe('openid profile email');
    expect((await signIn(kit)).me.user).toEqual(claims);
  });

  test('oidcc-client-test-client-secret-basic', async () => {
    const kit = await startBentBff();
    await signIn(kit);
    const { clientId, clientSecret, seen } = kit.bent;
    const token = seen.find(({ endpoint }) => endpoint === 'token');
    expect(token?.headers.authorization).toBe(`Basic ${btoa(`${clientId}:${clientSecret}`)}`);
    expect([token?.body.has('client_id'), token?.body.has('client_secret')]).toEqual([false, false]);
  });

  test('oidcc-client-test-userinfo-bearer-header', async () => {
    const kit = await startBentBff();
    await signIn(kit);
    const userinfo = kit.bent.seen.find(({ endpoint }) => endpoint === 'userinfo');
    expect(userinfo?.headers.authorization).toBe('Bearer access-token-of-ada');
    expect(userinfo?.body.size).toBe(0);
  });

  test('oidcc-client-test-userinfo-signed', async () => {
    const kit = await startBentBff();
    const sign = (): string => {
      const { header, claims } = kit.bent.idToken();
      return kit.bent.sign({ header, claims: { ...claims, name: 'Ada signed' } });
    };
    kit.bent.bends = {
      userinfo: () => ({ headers: { 'content-type': 'application/jwt' }, body: sign() }),
    };
    expect((await signIn(kit)).me.user).toMatchObject({ name: 'Ada signed' });
  });

  test('oidcc-client-test-3rd-party-init-login', async () => {
    const kit = await startBentBff();
    const login = await kit.begin();
    const page = await login.browser.visitWithoutFollowing(`${kit.bff.url}/login`, {
      from: 'https://elsewhere.example/',
    });
    expect(new URL(page.headers.get('location') ?? '').origin).toBe(kit.bent.issuer);
  });
});

describe('a login that is refused, and userinfo is not asked', () => {
  test.for<[module: string, bends: Bends]>([
    ['oidcc-client-test-nonce-invalid', { idToken: withClaims({ nonce: 'another' }) }],
    ['oidcc-client-test-invalid-iss', { idToken: withClaims(({ iss }) => ({ iss: `${iss}1` })) }],
    ['oidcc-client-test-missing-sub', { idToken: withClaims({ sub: undefined }) }],
    ['oidcc-client-test-invalid-aud', { idToken: withClaims({ aud: 'another' }) }],
    ['oidcc-client-test-missing-aud', { idToken: withClaims({ aud: undefined }) }],
    ['oidcc-client-test-missing-iat', { idToken: withClaims({ iat: undefined }) }],
    ['oidcc-client-test-invalid-sig-rs256', { signed: breakSignature }],
    ['oidcc-client-test-idtoken-sig-none', { idToken: withHeader({ alg: 'none' }) }],
  ])('%s', async ([, bends]) => {
    const kit = await startBentBff(bends);
    expect(await signIn(kit)).toMatchObject({ status: 502, me: { authenticated: false } });
    expect([kit.bent.count('token'), kit.bent.count('userinfo')]).toEqual([1, 0]);
  });

  test('oidcc-client-test-userinfo-invalid-sub', async () => {
    const kit = await startBentBff({ userinfo: () => ({ body: { sub: 'eve' } }) });
    expect(await signIn(kit)).toMatchObject({ status: 502, me: { authenticated: false } });
  });
});

describe('the provider’s configuration', () => {
  test('oidcc-client-test-discovery-openid-config', async () => {
    const kit = await startBentBff();
    await signIn(kit);
    expect(kit.bent.count('discovery')).toBe(1);
  });

  test('oidcc-client-test-discovery-jwks-uri-keys', async () => {
    const kit = await startBentBff();
    await signIn(kit);
    expect(kit.bent.count('jwks')).toBe(1);
  });

  test('oidcc-client-test-discovery-issuer-mismatch', async () => {
    const kit = await startBentBff({
      discovery: (base) => ({ body: { ...base, issuer: 'https://other.example' } }),
    });
    const answer = await fetch(`${kit.bff.url}/login`, { redirect: 'manual' });
    expect([answer.status, answer.headers.get('location')]).toEqual([502, null]);
  });

  test('oidcc-client-test-signing-key-rotation', async () => {
    const kit = await startBentBff();
    await signIn(kit);
    kit.bent.rotateKey();
    expect((await signIn(kit)).status).toBe(303);
    expect(kit.bent.count('jwks')).toBe(2);
  });

  test('oidcc-client-test-signing-key-rotation-just-before-signing', async () => {
    const kit = await startBentBff();
    await signIn(kit);
    const login = await kit.begin();
    kit.bent.rotateKey();
    expect((await kit.comeBack(login)).status).toBe(303);
  });
});

const startBeforeApi = async (refreshed: Bends['idToken']) => {
  const upstream = await startUpstream((_request, response) => response.end('ok'));
  onTestFinished(() => upstream[Symbol.asyncDispose]());
  let aheadMs = 0;
  const kit = await startBentBff(
    { token: (base) => ({ body: { ...base, expires_in: 10 } }) },
    { apiRoutes: [{ prefix: '/api/a', upstream: upstream.url }], clock: () => Date.now() + aheadMs },
  );
  const { browser } = await signIn(kit);
  aheadMs = 6000;
  kit.bent.bends = {
    idToken: refreshed,
    token: (base) => ({ body: { ...base, access_token: 'access-token-2' } }),
  };
  const answer = await fetch(`${kit.bff.url}/api/a`, { headers: { cookie: cookieHeader(browser, kit.bff) } });
  return { answer, upstream, me: await whoIs(browser, kit.bff) };
};

describe('a refresh', () => {
  test('oidcc-client-test-refresh-token', async () => {
    const { answer, upstream } = await startBeforeApi(withClaims({ at_hash: undefined }));
    expect(answer.status).toBe(200);
    expect(upstream.seen.map(({ headers }) => headers.authorization)).toEqual(['Bearer access-token-2']);
  });

  test.for([
    ['oidcc-client-test-refresh-token-invalid-issuer', { iss: 'https://other.example' }],
    ['oidcc-client-test-refresh-token-invalid-sub', { sub: 'eve' }],
  ] as const)('%s', async ([, change]) => {
    const { answer, upstream, me } = await startBeforeApi(withClaims({ ...change, at_hash: undefined }));
    expect([answer.status, upstream.seen, me.authenticated]).toEqual([401, [], false]);
  });
});

const startSignedIn = async () => {
  const kit = await startBentBff({
    discovery: (base) => ({ body: { ...base, end_session_endpoint: `${base.issuer}/end-session` } }),
    idToken: withClaims({ sid: 'session-1' }),
  });
  const { browser } = await signIn(kit);
  const signOut = () =>
    browser.visitWithoutFollowing(`${kit.bff.url}/logout`, { method: 'POST', from: kit.bff.url });
  const comeHome = (query: string) =>
    browser.visitWithoutFollowing(`${kit.bff.url}/logout${query}`, { from: `${kit.bent.issuer}/` });
  return { kit, browser, signOut, comeHome };
};

describe('signing out at the provider', () => {
  test.for([
    ['oidcc-client-test-rp-init-logout', (state: string) => `?state=${state}`],
    ['oidcc-client-test-rp-init-logout-other-state', () => '?state=another'],
    ['oidcc-client-test-rp-init-logout-no-state', () => ''],
  ] as const)('%s', async ([, queryOf]) => {
    const { kit, browser, signOut, comeHome } = await startSignedIn();
    const target = new URL((await signOut()).headers.get('location') ?? '');
    expect(`${target.origin}${target.pathname}`).toBe(`${kit.bent.issuer}/end-session`);
    expect(target.searchParams.get('id_token_hint')?.split('.')).toHaveLength(3);
    expect(target.searchParams.get('post_logout_redirect_uri')).toBe(`${kit.bff.url}/logout`);
    const home = await comeHome(queryOf(target.searchParams.get('state') ?? ''));
    expect([home.status, home.headers.get('location')]).toEqual([303, '/']);
    expect((await whoIs(browser, kit.bff)).authenticated).toBe(false);
  });
});

const sendLogoutToken = async ({ bff }: BentBff, token: string): Promise<number> => {
  const body = new URLSearchParams({ logout_token: token });
  return (await fetch(`${bff.url}/logout/backchannel`, { method: 'POST', body })).status;
};

const withEvents =
  (events: Json | undefined) =>
  ({ header, claims }: TokenParts): TokenParts => ({
    header,
    claims: { ...claims, events },
  });

describe('signed out by the provider', () => {
  test('oidcc-client-test-rp-backchannel-rpinitlogout', async () => {
    const { kit, browser, signOut, comeHome } = await startSignedIn();
    const other = await signIn(kit);
    const { bent } = kit;
    await signOut();
    expect(await sendLogoutToken(kit, bent.sign(bent.logoutToken()))).toBe(200);
    expect((await comeHome('')).status).toBe(303);
    for (const one of [browser, other.browser]) expect((await whoIs(one, kit.bff)).authenticated).toBe(false);
  });

  test.for<[module: string, bend: (base: TokenParts) => TokenParts]>([
    [
      'oidcc-client-test-rp-backchannel-rpinitlogout-alg-none',
      ({ header, claims }) => ({ claims, header: { ...header, alg: 'none' } }),
    ],
    [
      'oidcc-client-test-rp-backchannel-rpinitlogout-wrong-alg',
      ({ header, claims }) => ({ claims, header: { ...header, alg: 'RS512' } }),
    ],
    ['oidcc-client-test-rp-backchannel-rpinitlogout-no-event', withEvents(undefined)],
    [
      'oidcc-client-test-rp-backchannel-rpinitlogout-wrong-event',
      withEvents({ 'https://other.example': {} }),
    ],
    [
      'oidcc-client-test-rp-backchannel-rpinitlogout-with-nonce',
      ({ header, claims }) => ({ header, claims: { ...claims, nonce: 'n' } }),
    ],
    [
      'oidcc-client-test-rp-backchannel-rpinitlogout-wrong-aud',
      ({ header, claims }) => ({ header, claims: { ...claims, aud: 'another' } }),
    ],
    [
      'oidcc-client-test-rp-backchannel-rpinitlogout-wrong-iss',
      ({ header, claims }) => ({ header, claims: { ...claims, iss: 'https://other.example' } }),
    ],
  ])('%s', async ([, bend]) => {
    const { kit, browser, signOut, comeHome } = await startSignedIn();
    const { bent } = kit;
    expect(await sendLogoutToken(kit, bent.sign(bend(bent.logoutToken())))).toBe(400);
    expect((await whoIs(browser, kit.bff)).authenticated).toBe(true);
    await signOut();
    expect((await comeHome('')).status).toBe(303);
  });
});
