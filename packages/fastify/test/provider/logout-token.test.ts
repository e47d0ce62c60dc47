import { describe, expect, test } from 'vitest';
import { LogoutTokenInvalid } from '../../src/provider/provider.ts';
import { foreignKey, type Json, type TokenParts } from './bent-provider.ts';
import { problemCode, problemOf, startRelyingParty } from './relying-party.ts';

const event = 'http://schemas.openid.net/event/backchannel-logout';

type Change = (base: TokenParts) => TokenParts;

const withClaims =
  (change: Json | ((base: Json) => Json)): Change =>
  ({ header, claims }) => ({
    header,
    claims: { ...claims, ...(typeof change === 'function' ? change(claims) : change) },
  });

const withHeader =
  (change: Json): Change =>
  ({ header, claims }) => ({ claims, header: { ...header, ...change } });

describe('a logout token is refused', () => {
  test.for<[string, Change]>([
    ['with alg none', withHeader({ alg: 'none' })],
    ['with HS256, keyed with the public key', withHeader({ alg: 'HS256' })],
    ['with the typ of an access token', withHeader({ typ: 'at+jwt' })],
    ['with an unknown crit', withHeader({ crit: ['x'], x: 1 })],
    ['with a crit that jose knows', withHeader({ crit: ['b64'], b64: true })],
    ['with an unknown kid', withHeader({ kid: 'unknown' })],
    ['of another issuer', withClaims(({ iss }) => ({ iss: `${iss}/` }))],
    ['for another client', withClaims({ aud: 'other' })],
    ['that has expired', withClaims(({ iat }) => ({ exp: Number(iat) - 31 }))],
    ['without events', withClaims({ events: undefined })],
    ['with another event', withClaims({ events: { other: {} } })],
    ['with an event that is no object', withClaims({ events: { [event]: true } })],
    ['with a nonce', withClaims({ nonce: 'n' })],
    ['with an empty nonce', withClaims({ nonce: '' })],
    ['without sub and sid', withClaims({ sub: undefined, sid: undefined })],
    ['with a sub that is a number', withClaims({ sub: 7 })],
    ['without jti', withClaims({ jti: undefined })],
    ['without iat', withClaims({ iat: undefined })],
    ['whose iss is null', withClaims({ iss: null })],
    ['whose aud is empty', withClaims({ aud: '' })],
    ['whose iat is null', withClaims({ iat: null })],
    ['with a stale iat', withClaims(({ iat }) => ({ iat: Number(iat) - 152, exp: undefined }))],
    ['issued in the future', withClaims(({ iat }) => ({ iat: Number(iat) + 32 }))],
  ])('%s', async ([, change]) => {
    await using party = await startRelyingParty();
    const { bent, provider } = party;
    const refusal = await problemOf(provider.verifyLogoutToken(bent.sign(change(bent.logoutToken()))));
    expect(refusal).toBeInstanceOf(LogoutTokenInvalid);
  });

  test('that is an ID token', async () => {
    await using party = await startRelyingParty();
    const { tokens } = await party.login();
    expect(await problemOf(party.provider.verifyLogoutToken(tokens.idToken))).toBeInstanceOf(
      LogoutTokenInvalid,
    );
  });

  test.for(['', 'x', 'a.b.c', 'a.b.c.d.e'])('that is no token: "%s"', async (token) => {
    await using party = await startRelyingParty();
    expect(await problemOf(party.provider.verifyLogoutToken(token))).toBeInstanceOf(LogoutTokenInvalid);
  });

  test('signed with another key', async () => {
    await using party = await startRelyingParty();
    const token = foreignKey().sign(party.bent.logoutToken());
    expect(await problemOf(party.provider.verifyLogoutToken(token))).toBeInstanceOf(LogoutTokenInvalid);
  });
});

describe('a logout token is accepted', () => {
  test.for<[string, Change, Json]>([
    ['with sub and sid', (base) => base, { sub: 'ada', sid: 'session-1' }],
    ['with sub alone', withClaims({ sid: undefined }), { sub: 'ada', sid: undefined }],
    ['with sid alone', withClaims({ sub: undefined }), { sub: undefined, sid: 'session-1' }],
    ['with an empty sid', withClaims({ sid: '' }), { sub: 'ada', sid: undefined }],
    ['with a sub that is null beside sid', withClaims({ sub: null }), { sub: undefined, sid: 'session-1' }],
    ['without typ', withHeader({ typ: undefined }), { sub: 'ada' }],
    ['with typ JWT', withHeader({ typ: 'JWT' }), { sub: 'ada' }],
    ['without exp', withClaims({ exp: undefined }), { sub: 'ada' }],
    ['with an exp and nbf that are null', withClaims({ exp: null, nbf: null }), { sub: 'ada' }],
    ['with an empty exp and nbf', withClaims({ exp: '', nbf: '' }), { sub: 'ada' }],
    ['with a typ and kid that are null', withHeader({ typ: null, kid: null }), { sub: 'ada' }],
    ['with an empty typ and kid', withHeader({ typ: '', kid: '' }), { sub: 'ada' }],
  ])('%s', async ([, change, expected]) => {
    await using party = await startRelyingParty();
    const { bent, provider } = party;
    const parts = change(bent.logoutToken());
    expect(await provider.verifyLogoutToken(bent.sign(parts))).toMatchObject({
      issuer: bent.issuer,
      jti: parts.claims.jti,
      staleAt: (Number(parts.claims.iat) + 150) * 1000,
      ...expected,
    });
  });
});

test('a logout token whose keys have moved makes the metadata be read again', async () => {
  await using party = await startRelyingParty({
    discovery: (base) => ({ body: { ...base, jwks_uri: `${base.issuer}/nowhere` } }),
  });
  const { bent, provider } = party;
  const verify = async (): Promise<unknown> => provider.verifyLogoutToken(bent.sign(bent.logoutToken()));
  expect(await problemCode(verify())).toBe('provider_error');
  bent.bends = {};
  bent.clock.now += 5000;
  expect(await problemCode(verify())).toBe('provider_error');
  await expect.poll(() => bent.count('discovery')).toBe(2);
  expect(await verify()).toMatchObject({ sub: 'ada' });
});

test('a logout token while the key set is away is no fault of the token', async () => {
  await using party = await startRelyingParty({ jwks: () => ({ status: 503 }) });
  const { bent, provider } = party;
  expect(await problemCode(provider.verifyLogoutToken(bent.sign(bent.logoutToken())))).toBe(
    'provider_unavailable',
  );
});
