import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import Fastify from 'fastify';
import { describe, expect, test } from 'vitest';
import { printError } from '../../src/logging/error-print.ts';
import { type Answer, type Bends, foreignKey, type Json, type TokenParts } from './bent-provider.ts';
import { problemCode, problemOf, startRelyingParty } from './relying-party.ts';

const withClaims =
  (change: (base: Json) => Json): Bends['idToken'] =>
  ({ header, claims }) => ({ header, claims: { ...claims, ...change(claims) } });

const withHeader =
  (change: Json): Bends['idToken'] =>
  ({ header, claims }) => ({ claims, header: { ...header, ...change } });

const seconds = (claims: Json): number => Number(claims.iat);

const foreign = foreignKey();

const signedByForeign = (header: Json): Bends => {
  let parts: TokenParts | undefined;
  return {
    idToken: (base) => {
      parts = { ...base, header: { ...base.header, ...header } };
      return base;
    },
    signed: (token) => (parts ? foreign.sign(parts) : token),
  };
};

const cutSignature = (token: string): string => {
  const [header, claims, signature = ''] = token.split('.');
  const bytes = Buffer.from(signature, 'base64url');
  bytes[0] = (bytes[0] ?? 0) ^ 1;
  return `${header}.${claims}.${bytes.toString('base64url')}`;
};

/** Deeper than any claim, and no deeper than this test can print. */
const nested: unknown = JSON.parse(`${'['.repeat(900)}${']'.repeat(900)}`);

describe('an ID token is refused', () => {
  test.for<[string, Bends]>([
    ['with a bad signature', { signed: cutSignature }],
    ['without a signature', { signed: (token) => token.slice(0, token.lastIndexOf('.') + 1) }],
    ['that is not a token', { signed: () => 'not.a-token' }],
    ['in another spelling, with padding', { signed: (token) => `${token}=` }],
    ['in another spelling, with a space', { signed: (token) => `${token} ` }],
    ['that is encrypted', { signed: (token) => `${token}.x.y` }],
    ['with alg none', { idToken: withHeader({ alg: 'none' }) }],
    ['with HS256, keyed with the public key', { idToken: withHeader({ alg: 'HS256' }) }],
    ['with another alg than the configured one', { idToken: withHeader({ alg: 'RS512' }) }],
    ['with the typ of an access token', { idToken: withHeader({ typ: 'at+jwt' }) }],
    ['with the typ of a logout token', { idToken: withHeader({ typ: 'logout+jwt' }) }],
    ['with an unknown crit', { idToken: withHeader({ crit: ['x'], x: 1 }) }],
    ['with a crit that jose knows', { idToken: withHeader({ crit: ['b64'], b64: true }) }],
    ['with an unknown kid', { idToken: withHeader({ kid: 'unknown' }) }],
    ['signed with another key under a known kid', signedByForeign({})],
    ['signed with the jwk that it brings', signedByForeign({ jwk: foreign.jwk })],
    ['with an iss that has one byte more', { idToken: withClaims(({ iss }) => ({ iss: `${iss}/` })) }],
    ['without iss', { idToken: withClaims(() => ({ iss: undefined })) }],
    ['with another aud', { idToken: withClaims(() => ({ aud: 'other' })) }],
    ['with several aud without us', { idToken: withClaims(() => ({ aud: ['other', 'more'] })) }],
    ['without aud', { idToken: withClaims(() => ({ aud: undefined })) }],
    [
      'with several aud and another azp',
      { idToken: withClaims(({ aud }) => ({ aud: [aud, 'other'], azp: 'other' })) },
    ],
    ['with several aud and no azp', { idToken: withClaims(({ aud }) => ({ aud: [aud, 'other'] })) }],
    ['with one aud and another azp', { idToken: withClaims(() => ({ azp: 'other' })) }],
    ['that has expired', { idToken: withClaims((base) => ({ exp: seconds(base) - 31 })) }],
    ['that is not valid yet', { idToken: withClaims((base) => ({ nbf: seconds(base) + 32 })) }],
    ['issued in the future', { idToken: withClaims((base) => ({ iat: seconds(base) + 3600 })) }],
    ['without sub', { idToken: withClaims(() => ({ sub: undefined })) }],
    ['without iat', { idToken: withClaims(() => ({ iat: undefined })) }],
    ['without exp', { idToken: withClaims(() => ({ exp: undefined })) }],
    ['with an exp that is text', { idToken: withClaims(({ exp }) => ({ exp: String(exp) })) }],
    ['with a sub that is a number', { idToken: withClaims(() => ({ sub: 7 })) }],
    ['with an empty sub', { idToken: withClaims(() => ({ sub: '' })) }],
    ['with a sub of 256 characters', { idToken: withClaims(() => ({ sub: 'x'.repeat(256) })) }],
    ['with another nonce', { idToken: withClaims(() => ({ nonce: 'other' })) }],
    ['without nonce', { idToken: withClaims(() => ({ nonce: undefined })) }],
    ['with the nonce twice', { idToken: withClaims(({ nonce }) => ({ nonce: [nonce, nonce] })) }],
    ['with another at_hash', { idToken: withClaims(() => ({ at_hash: 'AAAAAAAAAAAAAAAAAAAAAA' })) }],
    ['nested without end', { idToken: withClaims(() => ({ x: nested })) }],
    ['with an at_hash that is no text', { idToken: withClaims(() => ({ at_hash: 7 })) }],
  ])('%s', async ([, bends]) => {
    await using party = await startRelyingParty(bends);
    expect(await problemCode(party.login())).toBe('provider_invalid_response');
    expect(party.bent.count('userinfo')).toBe(0);
  });
});

describe('an ID token is accepted', () => {
  test.for<[string, Bends['idToken']]>([
    ['with every standard claim', (base) => base],
    ['with typ JWT', withHeader({ typ: 'JWT' })],
    ['with a typ and kid that are null', withHeader({ typ: null, kid: null })],
    ['with an empty typ and kid', withHeader({ typ: '', kid: '' })],
    [
      'with several aud and us as azp',
      withClaims(({ aud }) => ({ aud: ['other', String(aud)], azp: String(aud) })),
    ],
    ['without at_hash', withClaims(() => ({ at_hash: undefined }))],
    ['expired for less than the clock tolerance', withClaims((base) => ({ exp: seconds(base) - 28 }))],
    ['with a sub of 255 characters', withClaims(() => ({ sub: 'x'.repeat(255) }))],
  ])('%s', async ([, idToken]) => {
    const userinfo = (): Answer => ({ status: 403 });
    await using party = await startRelyingParty({ idToken, userinfo });
    expect(await party.login()).toMatchObject({ issuer: party.bent.issuer });
  });
});

const having =
  (members: Json): Bends['token'] =>
  (base) => ({ body: { ...base, ...members } });

const without = (name: string): Bends['token'] => having({ [name]: undefined });

const spaces = Buffer.alloc(65_536, 0x20);

const pour = (response: ServerResponse): void => {
  response.writeHead(200, { 'content-type': 'application/json' });
  const more = (): void => {
    while (!response.destroyed && response.write(spaces));
  };
  response.on('drain', more);
  more();
};

describe('a token response is refused', () => {
  test.for<[string, Bends['token'], string]>([
    ['without an ID token', without('id_token'), 'provider_invalid_response'],
    ['without an access token', without('access_token'), 'provider_invalid_response'],
    ['without a token_type', without('token_type'), 'provider_invalid_response'],
    ['with another token_type', having({ token_type: 'mac' }), 'provider_invalid_response'],
    ['with token_type DPoP', having({ token_type: 'DPoP' }), 'provider_invalid_response'],
    ['with an access token that is no text', having({ access_token: 1 }), 'provider_invalid_response'],
    ['with an empty ID token', having({ id_token: '' }), 'provider_invalid_response'],
    ['that is not JSON', () => ({ body: 'access_token=1' }), 'provider_invalid_response'],
    [
      'that is a page with status 200',
      () => ({ headers: { 'content-type': 'text/html' }, body: '<h1>Hello</h1>' }),
      'provider_invalid_response',
    ],
    [
      'that is an error with status 200',
      () => ({ body: { error: 'server_error' } }),
      'provider_invalid_response',
    ],
    ['without end', () => ({ write: pour }), 'provider_invalid_response'],
    ['that never begins', () => ({ write: () => {} }), 'provider_timeout'],
    [
      'that never ends',
      () => ({
        write: (response) => response.writeHead(200, { 'content-type': 'application/json' }).write('{'),
      }),
      'provider_timeout',
    ],
    ['that is cut off', () => ({ write: (response) => response.destroy() }), 'provider_unavailable'],
    ['that is an outage', () => ({ status: 502, body: '<h1>Bad gateway</h1>' }), 'provider_unavailable'],
    ['that is invalid_grant', () => ({ status: 400, body: { error: 'invalid_grant' } }), 'login_expired'],
    [
      'that is another OAuth error',
      () => ({ status: 400, body: { error: 'invalid_request' } }),
      'provider_error',
    ],
  ])('%s', async ([, token, code]) => {
    await using party = await startRelyingParty(
      { token },
      code === 'provider_timeout' ? { providerTimeout: 1 } : {},
    );
    expect(await problemCode(party.login())).toBe(code);
    expect(party.bent.count('token')).toBe(1);
    expect(party.bent.count('userinfo')).toBe(0);
  });

  test('that is a redirect, and the credentials go nowhere else', async () => {
    await using other = await startRelyingParty();
    const location = `${other.bent.issuer}/token`;
    await using party = await startRelyingParty({ token: () => ({ status: 307, headers: { location } }) });
    expect(await problemCode(party.login())).toBe('provider_error');
    expect(other.bent.seen).toEqual([]);
  });

  test('without end, and the connection is closed', async () => {
    const closed = Promise.withResolvers<void>();
    const write = (response: ServerResponse): void => {
      once(response, 'close').then(() => closed.resolve(), closed.reject);
      pour(response);
    };
    await using party = await startRelyingParty({ token: () => ({ write }) });
    expect(String(await problemOf(party.login()))).toContain('answered more than 1048576 bytes');
    await closed.promise;
  });
});

describe('userinfo is refused', () => {
  test.for<[string, Bends['userinfo'], string]>([
    ['about another sub', () => ({ body: { sub: 'eve' } }), 'provider_invalid_response'],
    ['without sub', () => ({ body: { name: 'Ada' } }), 'provider_invalid_response'],
    ['that is not JSON', () => ({ body: '<h1>Hello</h1>' }), 'provider_invalid_response'],
    ['that is a list', () => ({ body: '[]' }), 'provider_invalid_response'],
    [
      'nested a hundred thousand deep',
      () => ({ body: `{"sub":"ada","x":${'['.repeat(100_000)}${']'.repeat(100_000)}}` }),
      'provider_invalid_response',
    ],
    [
      'that is signed badly',
      () => ({
        headers: { 'content-type': 'application/jwt' },
        body: foreign.sign({ header: { alg: 'RS256' }, claims: { sub: 'ada' } }),
      }),
      'provider_invalid_response',
    ],
    [
      'that is a redirect',
      () => ({ status: 302, headers: { location: '/token' } }),
      'provider_invalid_response',
    ],
    ['that is an outage', () => ({ status: 500 }), 'provider_unavailable'],
    ['that never begins', () => ({ write: () => {} }), 'provider_timeout'],
  ])('%s', async ([, userinfo, code]) => {
    await using party = await startRelyingParty(
      { userinfo },
      code === 'provider_timeout' ? { providerTimeout: 1 } : {},
    );
    expect(await problemCode(party.login())).toBe(code);
  });
});

test.for(['a\r\nx-admin: 1', 'a\u6f22', 'a\0', 'a\u00e9'])(
  'the access token %j, which no header carries, is refused before it is used',
  async (accessToken) => {
    await using party = await startRelyingParty({
      token: having({ access_token: accessToken }),
      idToken: withClaims(() => ({ at_hash: undefined })),
    });
    expect(await problemCode(party.login())).toBe('provider_invalid_response');
    expect(party.bent.count('userinfo')).toBe(0);
  },
);

test('an access token that says it lives for ever lives as long as a session may', async () => {
  await using party = await startRelyingParty({
    token: having({ expires_in: 1e308 }),
  });
  const { tokens } = await party.login();
  expect(tokens.accessTokenExpiresAt).toBe(party.bent.clock.now + 366 * 86_400_000);
});

test('seconds that are written as text are seconds', async () => {
  await using party = await startRelyingParty({
    token: having({ expires_in: '300' }),
  });
  const { tokens } = await party.login();
  expect(tokens.accessTokenExpiresAt).toBe(party.bent.clock.now + 300_000);
});

test('a token response that is no JSON leaves nothing of it in the log', async () => {
  await using party = await startRelyingParty({ token: () => ({ body: 'canary-token' }) });
  const problem = await problemOf(party.login());
  expect(JSON.stringify(printError(problem))).not.toContain('canary');
});

test.for([401, 403])('userinfo that answers %i leaves the claims of the ID token', async (status) => {
  await using party = await startRelyingParty({ userinfo: () => ({ status }) });
  expect((await party.login()).claims).toMatchObject({ sub: 'ada', name: 'Ada from the ID token' });
  expect(party.log).toContainEqual(expect.objectContaining({ level: 40, status }));
});

test('claims of userinfo overlay those of the ID token', async () => {
  await using party = await startRelyingParty();
  expect((await party.login()).claims).toMatchObject({ sub: 'ada', name: 'Ada from userinfo' });
});

test.for([[null], ['']])('a claim that is %j in userinfo leaves that of the ID token', async ([absent]) => {
  await using party = await startRelyingParty({
    userinfo: (base) => ({ body: { ...base, name: absent, email: absent } }),
  });
  const { claims } = await party.login();
  expect([claims.name, claims.email]).toEqual(['Ada from the ID token', absent]);
});

test('signed userinfo is verified and used', async () => {
  await using party = await startRelyingParty();
  const { bent } = party;
  bent.bends = {
    userinfo: () => {
      const { header, claims } = bent.idToken();
      const body = bent.sign({ header, claims: { ...claims, name: 'Ada signed' } });
      return { headers: { 'content-type': 'application/jwt' }, body };
    },
  };
  expect((await party.login()).claims).toMatchObject({ sub: 'ada', name: 'Ada signed' });
});

test.for<[string, Json]>([
  ['expires_in null', { expires_in: null }],
  ['expires_in empty', { expires_in: '' }],
  ['expires_in negative', { expires_in: -1 }],
  ['expires_in that is no number', { expires_in: 'soon' }],
  ['expires_in that is a list', { expires_in: [] }],
  ['refresh_token null', { refresh_token: null }],
  ['refresh_token empty', { refresh_token: '' }],
  ['refresh_token that is a list', { refresh_token: [] }],
  ['refresh_token that is no text', { refresh_token: { value: 'x' } }],
  ['scope as a list', { scope: ['openid'] }],
])('a token response with %s signs in: that member is absent', async ([, members]) => {
  await using party = await startRelyingParty({ token: having(members) });
  const { tokens } = await party.login();
  if ('expires_in' in members) expect(tokens.accessTokenExpiresAt).toBeUndefined();
  if ('refresh_token' in members) expect(tokens.refreshToken).toBeUndefined();
});

test.for<[unknown, string]>([
  [['openid', 'users:read'], 'openid users:read'],
  ['openid', 'openid'],
  [null, 'openid profile email'],
  ['', 'openid profile email'],
  [[], 'openid profile email'],
  [['openid', 7], 'openid profile email'],
])('the granted scope %j is %j', async ([scope, expected]) => {
  await using party = await startRelyingParty({ token: having({ scope }) });
  expect((await party.login()).tokens.scope).toBe(expected);
});

test.for<[string, Json]>([
  ['azp', { azp: null }],
  ['azp', { azp: '' }],
  ['at_hash', { at_hash: null }],
  ['nbf', { nbf: null }],
  ['nbf', { nbf: '' }],
  ['auth_time', { auth_time: null }],
  ['auth_time', { auth_time: '' }],
  ['sid', { sid: null }],
  ['sid', { sid: '' }],
  ['session_expiry', { session_expiry: null }],
  ['session_expiry', { session_expiry: '' }],
])('an ID token whose %s is empty signs in: %j', async ([, members]) => {
  await using party = await startRelyingParty({ idToken: withClaims(() => members) });
  expect(await party.login()).toMatchObject({ sub: 'ada', sid: undefined });
});

test.for<[string, Json]>([
  ['nonce', { nonce: null }],
  ['nonce', { nonce: '' }],
  ['at_hash', { at_hash: '' }],
  ['iat', { iat: null }],
  ['exp', { exp: '' }],
  ['aud', { aud: '' }],
  ['iss', { iss: null }],
])('an ID token whose %s is empty is refused: %j', async ([, members]) => {
  await using party = await startRelyingParty({ idToken: withClaims(() => members) });
  expect(await problemCode(party.login())).toBe('provider_invalid_response');
});

test.for(['RS512', 'HS256'])(
  'the algorithm %s, which is not accepted, is named with the setting',
  async (alg) => {
    await using party = await startRelyingParty({ idToken: withHeader({ alg }) });
    const reason = String(await problemOf(party.login()));
    expect(reason).toContain(`${alg}, and RS256 is accepted`);
    expect(reason).toContain('OIDC_ID_TOKEN_ALG');
  },
);

test('signed userinfo may leave iss and aud out', async () => {
  await using party = await startRelyingParty();
  const { bent } = party;
  bent.bends = {
    userinfo: () => ({
      headers: { 'content-type': 'application/jwt' },
      body: bent.sign({ header: bent.idToken().header, claims: { sub: 'ada', name: 'Ada signed' } }),
    }),
  };
  expect((await party.login()).claims).toMatchObject({ sub: 'ada', name: 'Ada signed' });
});

test.for<[string, (base: Json) => Json, boolean]>([
  ['several aud with us', ({ aud }) => ({ aud: ['other', aud] }), true],
  ['another iss', ({ iss }) => ({ iss: `${iss}/` }), false],
  ['another aud', () => ({ aud: 'other' }), false],
  ['several aud without us', () => ({ aud: ['other', 'more'] }), false],
  ['an exp that has passed', ({ iat }) => ({ exp: Number(iat) - 31 }), false],
])('signed userinfo with %s', async ([, change, isGood]) => {
  await using party = await startRelyingParty();
  const { bent } = party;
  const { header, claims } = bent.idToken();
  const body = bent.sign({ header, claims: { ...claims, ...change(claims) } });
  bent.bends = { userinfo: () => ({ headers: { 'content-type': 'application/jwt' }, body }) };
  const outcome = await problemCode(party.login());
  expect(outcome).toBe(isGood ? 'it was accepted' : 'provider_invalid_response');
});

test.for<[string, Json]>([
  ['null', { iss: null, aud: null, exp: null, nbf: null, iat: null }],
  ['empty', { iss: '', aud: '', exp: '', nbf: '', iat: '' }],
])('signed userinfo whose protocol claims are %s is as without them', async ([, members]) => {
  await using party = await startRelyingParty();
  const { bent } = party;
  const { header, claims } = bent.idToken();
  const body = bent.sign({ header, claims: { ...claims, ...members, name: 'Ada signed' } });
  bent.bends = { userinfo: () => ({ headers: { 'content-type': 'application/jwt' }, body }) };
  expect((await party.login()).claims).toMatchObject({ sub: 'ada', name: 'Ada signed' });
});

test('an access token without expires_in lives until its own exp', async () => {
  await using party = await startRelyingParty();
  const { bent } = party;
  const exp = Math.floor(bent.clock.now / 1000) + 120;
  const accessToken = bent.sign({ header: { alg: 'RS256' }, claims: { exp } });
  bent.bends = {
    token: having({ access_token: accessToken, expires_in: undefined }),
    idToken: withClaims(() => ({ at_hash: undefined })),
  };
  expect((await party.login()).tokens.accessTokenExpiresAt).toBe(exp * 1000);
});

test('line breaks of an error_description are cleaned away, and its length is bounded', async () => {
  await using party = await startRelyingParty();
  const { checks } = await party.provider.createAuthorizationRequest({});
  const parameters = new URLSearchParams({
    error: 'access_denied',
    error_description: `no\r\nlevel=50 forged ${'x'.repeat(5000)}`,
    state: checks.state,
  });
  const { log } = Fastify();
  const problem = await problemOf(party.provider.completeLogin({ parameters, checks }, log));
  expect(problem).toMatchObject({ code: 'access_denied', status: 403 });
  expect(String(problem)).not.toMatch(/[\r\n]/);
  expect(String(problem).length).toBeLessThan(300);
});
