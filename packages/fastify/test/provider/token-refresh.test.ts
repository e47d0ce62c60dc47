import { describe, expect, test } from 'vitest';
import { Problem } from '../../src/problems.ts';
import { type RefreshedTokens, RefreshRefused } from '../../src/provider/provider.ts';
import { type Bends, createAtHash, type Json } from './bent-provider.ts';
import { problemOf, type RelyingParty, startRelyingParty } from './relying-party.ts';

const refresh = ({ bent, provider }: RelyingParty): Promise<RefreshedTokens> =>
  provider.refresh('refresh-token-1', { issuer: bent.issuer, sub: 'ada' });

const withClaims = (change: Json): Bends => ({
  idToken: ({ header, claims }) => ({ header, claims: { ...claims, ...change } }),
});

const refused = (status: number, error: string): Bends => ({ token: () => ({ status, body: { error } }) });

describe('a refresh ends the session', () => {
  test.for<[string, Bends]>([
    ['at invalid_grant', refused(400, 'invalid_grant')],
    ['at another OAuth error', refused(400, 'invalid_request')],
    ['at an ID token for another sub', withClaims({ sub: 'eve' })],
    ['at an ID token of another issuer', withClaims({ iss: 'https://other.example' })],
    ['at an ID token for another client', withClaims({ aud: 'other' })],
    ['at an ID token with another at_hash', withClaims({ at_hash: createAtHash('other') })],
    ['at an ID token that has expired', withClaims({ exp: 1 })],
    ['at an ID token without a signature', { signed: (token) => token.slice(0, token.lastIndexOf('.') + 1) }],
  ])('%s', async ([, bends]) => {
    await using party = await startRelyingParty(bends);
    expect(await problemOf(refresh(party))).toBeInstanceOf(RefreshRefused);
    expect(party.bent.count('token')).toBe(1);
  });

  test('of another issuer, before anything is sent', async () => {
    await using party = await startRelyingParty();
    const attempt = party.provider.refresh('refresh-token-1', { issuer: 'https://old.example', sub: 'ada' });
    expect(await problemOf(attempt)).toBeInstanceOf(RefreshRefused);
    expect(party.bent.count('token')).toBe(0);
  });
});

describe('a refresh leaves the session', () => {
  test.for<[string, Bends, string]>([
    ['at 500', { token: () => ({ status: 500 }) }, 'provider_unavailable'],
    ['at 503 as a page', { token: () => ({ status: 503, body: '<h1>Soon</h1>' }) }, 'provider_unavailable'],
    ['at 429', { token: () => ({ status: 429 }) }, 'provider_unavailable'],
    ['at 408', { token: () => ({ status: 408 }) }, 'provider_unavailable'],
    [
      'at a 4xx without an OAuth error',
      { token: () => ({ status: 403, body: '<h1>No</h1>' }) },
      'provider_error',
    ],
    ['at invalid_grant with 500', refused(500, 'invalid_grant'), 'provider_error'],
    ['at server_error', refused(500, 'server_error'), 'provider_error'],
    ['at invalid_client', refused(401, 'invalid_client'), 'provider_error'],
    ['at unauthorized_client', refused(400, 'unauthorized_client'), 'provider_error'],
    ['at a redirect', { token: () => ({ status: 302, headers: { location: '/' } }) }, 'provider_error'],
    ['at a timeout', { token: () => ({ write: () => {} }) }, 'provider_timeout'],
    [
      'at a connection cut off',
      { token: () => ({ write: (response) => response.destroy() }) },
      'provider_unavailable',
    ],
    ['at a page with status 200', { token: () => ({ body: '<h1>Hello</h1>' }) }, 'provider_invalid_response'],
    [
      'at another token_type',
      { token: (base) => ({ body: { ...base, token_type: 'DPoP' } }) },
      'provider_invalid_response',
    ],
    [
      'at a missing token_type',
      { token: (base) => ({ body: { ...base, token_type: undefined } }) },
      'provider_invalid_response',
    ],
    ['while the key set is a page', { jwks: () => ({ body: '<h1>Soon</h1>' }) }, 'provider_invalid_response'],
    [
      'while the key set is too large',
      { jwks: () => ({ body: ' '.repeat(1024 * 1024 + 1) }) },
      'provider_invalid_response',
    ],
    ['while the key set is away', { jwks: () => ({ status: 503 }) }, 'provider_unavailable'],
    [
      'while the key of the ID token cannot be found',
      { idToken: ({ header, claims }) => ({ claims, header: { ...header, kid: 'unknown' } }) },
      'provider_invalid_response',
    ],
  ])('%s', async ([, bends, code]) => {
    await using party = await startRelyingParty(
      bends,
      code === 'provider_timeout' ? { providerTimeout: 0.3 } : {},
    );
    const problem = await problemOf(refresh(party));
    expect(problem).toBeInstanceOf(Problem);
    expect(problem).toMatchObject({ code, retryAfter: 5 });
  });

  test('with the new refresh token when the key of the ID token cannot be had', async () => {
    await using party = await startRelyingParty({ jwks: () => ({ status: 503 }) });
    const kept: string[] = [];
    const keepSuccessor = async (successor: string): Promise<void> => {
      kept.push(successor);
    };
    const expected = { issuer: party.bent.issuer, sub: 'ada', keepSuccessor };
    const attempt = party.provider.refresh('refresh-token-1', expected);
    expect(await problemOf(attempt)).toMatchObject({ code: 'provider_unavailable' });
    expect(kept).toEqual(['refresh-token-2']);
  });

  test('when the new refresh token cannot be kept: the keeper’s own error comes out', async () => {
    await using party = await startRelyingParty();
    const failure = new Error('Another process has refreshed the session');
    const keepSuccessor = () => Promise.reject(failure);
    const expected = { issuer: party.bent.issuer, sub: 'ada', keepSuccessor };
    const attempt = party.provider.refresh('refresh-token-1', expected);
    await expect(attempt).rejects.toBe(failure);
  });

  test('while discovery is away', async () => {
    await using party = await startRelyingParty({ discovery: () => ({ status: 500 }) });
    expect(await problemOf(refresh(party))).toMatchObject({ code: 'provider_unavailable', retryAfter: 5 });
  });

  test('for as long as the provider asks', async () => {
    const answer = { status: 429, headers: { 'retry-after': '17' } };
    await using party = await startRelyingParty({ token: () => answer });
    expect(await problemOf(refresh(party))).toMatchObject({ code: 'provider_unavailable', retryAfter: 17 });
  });
});

describe('a refresh brings', () => {
  test('new tokens and the claims of the ID token', async () => {
    await using party = await startRelyingParty();
    const { claims, idToken, ...tokens } = await refresh(party);
    expect(tokens).toEqual({
      accessToken: 'access-token-of-ada',
      accessTokenExpiresAt: party.bent.clock.now + 300_000,
      refreshToken: 'refresh-token-2',
    });
    expect(idToken).toMatch(/^[\w-]+\.[\w-]+\.[\w-]+$/);
    expect(claims).toMatchObject({ sub: 'ada', name: 'Ada from the ID token' });
    const request = party.bent.seen.find(({ endpoint }) => endpoint === 'token');
    expect(request?.body.get('grant_type')).toBe('refresh_token');
    expect(request?.body.get('refresh_token')).toBe('refresh-token-1');
  });

  test.for<[string, Partial<RefreshedTokens>]>([
    ['id_token', { idToken: undefined, claims: undefined, refreshToken: 'refresh-token-2' }],
    ['refresh_token', { refreshToken: undefined }],
    ['expires_in', { accessTokenExpiresAt: undefined }],
  ])('undefined for a left-out %s', async ([name, expected]) => {
    await using party = await startRelyingParty({
      token: (base) => ({ body: { ...base, [name]: undefined } }),
    });
    expect(await refresh(party)).toMatchObject({ accessToken: 'access-token-of-ada', ...expected });
  });

  const soon = Math.floor(Date.now() / 1000) + 600;
  test.for<[string, Json, number | undefined]>([
    ['its exp', { exp: soon }, soon * 1000],
    ['nothing, where exp is text', { exp: String(soon) }, undefined],
    ['nothing, where there is no exp', {}, undefined],
  ])('an access token without expires_in that ends by %s, where it is a JWT', async ([, claims, endsAt]) => {
    await using party = await startRelyingParty();
    const access_token = party.bent.sign({ header: { alg: 'RS256' }, claims });
    party.bent.bends = {
      token: (base) => ({ body: { ...base, access_token, expires_in: undefined, id_token: undefined } }),
    };
    expect((await refresh(party)).accessTokenExpiresAt).toBe(endsAt);
    party.bent.bends = {
      token: (base) => ({ body: { ...base, access_token, expires_in: 60, id_token: undefined } }),
    };
    expect((await refresh(party)).accessTokenExpiresAt).toBe(party.bent.clock.now + 60_000);
  });

  test.for([[null], [''], [[]], [{}]])(
    'the new refresh token, where %j stands for an ID token',
    async ([id_token]) => {
      await using party = await startRelyingParty({ token: (base) => ({ body: { ...base, id_token } }) });
      expect(await refresh(party)).toMatchObject({ idToken: undefined, refreshToken: 'refresh-token-2' });
    },
  );

  test('the claims of an ID token whose optional ones are empty', async () => {
    const empty = { azp: '', nbf: null, auth_time: '', at_hash: null, sid: null };
    await using party = await startRelyingParty(withClaims(empty));
    expect((await refresh(party)).claims).toMatchObject({ sub: 'ada', ...empty });
  });

  test('the session on after a rotated key', async () => {
    await using party = await startRelyingParty();
    await refresh(party);
    party.bent.rotateKey();
    expect((await refresh(party)).claims).toMatchObject({ sub: 'ada' });
  });
});

test.for<[string, unknown, boolean]>([
  ['the same nonce', 'nonce-1', true],
  ['no nonce', undefined, true],
  ['another nonce', 'nonce-2', false],
  ['an empty nonce', '', false],
])('a refreshed ID token with %s', async ([, nonce, isGood]) => {
  await using party = await startRelyingParty(withClaims({ nonce }));
  const expected = { issuer: party.bent.issuer, sub: 'ada', nonce: 'nonce-1' };
  const outcome = await problemOf(party.provider.refresh('refresh-token-1', expected));
  if (isGood) expect(outcome).toBe('it was accepted');
  else expect(outcome).toBeInstanceOf(RefreshRefused);
});

test('the new refresh token is kept before the ID token is judged', async () => {
  await using party = await startRelyingParty(withClaims({ sub: 'eve' }));
  const kept: string[] = [];
  const keepSuccessor = async (successor: string): Promise<void> => {
    expect(party.bent.count('jwks')).toBe(0);
    kept.push(successor);
  };
  const expected = { issuer: party.bent.issuer, sub: 'ada', keepSuccessor };
  const attempt = party.provider.refresh('refresh-token-1', expected);
  expect(await problemOf(attempt)).toBeInstanceOf(RefreshRefused);
  expect(kept).toEqual(['refresh-token-2']);
});

test.for<[string, Json, string | undefined]>([
  ['refresh_token null', { refresh_token: null }, undefined],
  ['expires_in as words', { expires_in: 'soon' }, 'refresh-token-2'],
  ['expires_in negative', { expires_in: -1 }, 'refresh-token-2'],
  ['expires_in as text', { expires_in: '300' }, 'refresh-token-2'],
  ['scope as a list', { scope: ['openid'] }, 'refresh-token-2'],
])('a refresh with %s goes on, and the new refresh token is kept', async ([, members, successor]) => {
  await using party = await startRelyingParty({ token: (base) => ({ body: { ...base, ...members } }) });
  const kept: string[] = [];
  const keepSuccessor = async (token: string): Promise<void> => {
    kept.push(token);
  };
  const expected = { issuer: party.bent.issuer, sub: 'ada', keepSuccessor };
  const tokens = await party.provider.refresh('refresh-token-1', expected);
  expect(tokens).toMatchObject({ accessToken: 'access-token-of-ada', refreshToken: successor });
  expect(kept).toEqual(successor === undefined ? [] : [successor]);
});

test.for<[string, Json]>([
  ['an ID token that is none', { id_token: 'not.a-token' }],
  ['an ID token of another algorithm', { id_token: 'eyJhbGciOiJIUzI1NiJ9.e30.AAAA' }],
  ['empty members', { id_token: '', refresh_token: null, scope: null, issued_token_type: '' }],
])(
  'an exchange and the client’s own grant bring the access token, whatever is beside it: %s',
  async ([, more]) => {
    await using party = await startRelyingParty({ token: (base) => ({ body: { ...base, ...more } }) });
    const { provider, bent } = party;
    const target = { audience: 'orders' };
    const expected = {
      accessToken: 'access-token-of-ada',
      accessTokenExpiresAt: bent.clock.now + 300_000,
    };
    expect(await provider.exchange({ accessToken: 'of-ada' }, target)).toEqual(expected);
    expect(await provider.clientToken(target)).toMatchObject(expected);
  },
);
