import { describe, expect, test } from 'vitest';
import { type BentBff, startBentBff, whoIs } from '../kit/bent-login.ts';
import type { Bends, Json, TokenParts } from '../provider/bent-provider.ts';
import { profileBends, profileMetadata, profileOptions } from '../provider/fapi2-bends.ts';

/*
 * The promises of the OpenID Foundation's FAPI 2.0 modules for relying parties (plain FAPI, OpenID Connect client,
 * private_key_jwt, DPoP), each under the module's own name, held by a browser's whole way through the BFF.
 */

const start = (bends: Bends = {}): Promise<BentBff> =>
  startBentBff({ ...profileBends, ...bends }, profileOptions());

/** Signs in; `change` is made to the authorization response. */
const signIn = async (kit: BentBff, change: (answer: URLSearchParams) => void = () => undefined) => {
  const { browser } = await kit.begin();
  const pushed = kit.bent.seen.findLast(({ endpoint }) => endpoint === 'par')?.body;
  const [state, nonce] = [pushed?.get('state') ?? '', pushed?.get('nonce') ?? ''];
  const answer = new URLSearchParams({ code: 'code-1', state, iss: kit.bent.issuer });
  change(answer);
  const { status } = await kit.comeBack({ browser, state, nonce }, answer.toString());
  return { status, me: await whoIs(browser, kit.bff) };
};

const withClaims =
  (change: Json | ((base: Json) => Json)): Bends['idToken'] =>
  ({ header, claims }: TokenParts) => ({
    header: { ...header, alg: 'PS256' },
    claims: { ...claims, ...(typeof change === 'function' ? change(claims) : change) },
  });

const withAlg =
  (alg: string): Bends['idToken'] =>
  ({ header, claims }) => ({ header: { ...header, alg }, claims });

/** Answers once as a server that wants a nonce in the proof. */
const wantingNonce = (challenge: string) => {
  let isFirst = true;
  return (base: Json) => {
    const isChallenge = isFirst;
    isFirst = false;
    return isChallenge
      ? { status: 401, headers: { 'dpop-nonce': 'nonce-1', 'www-authenticate': challenge } }
      : { body: base };
  };
};

describe('a login that is completed', () => {
  test.for<[module: string, bends: Bends]>([
    [
      'fapi2-security-profile-final-client-test-happy-path',
      {
        token: (base, { headers }) => {
          const [, claims = ''] = String(headers.dpop).split('.');
          const { nonce } = JSON.parse(Buffer.from(claims, 'base64url').toString());
          return nonce === 'nonce-1'
            ? { body: { ...base, token_type: 'DPoP' } }
            : { status: 400, headers: { 'dpop-nonce': 'nonce-1' }, body: { error: 'use_dpop_nonce' } };
        },
      },
    ],
    ['fapi2-security-profile-final-client-test-happy-path-no-dpop-nonce', {}],
    [
      'fapi2-security-profile-final-client-test-valid-aud-as-array',
      { idToken: withClaims(({ aud }) => ({ aud: [aud] })) },
    ],
    [
      'fapi2-security-profile-final-client-test-token-endpoint-response-without-expires_in',
      { token: (base) => ({ body: { ...base, token_type: 'DPoP', expires_in: undefined } }) },
    ],
    [
      'fapi2-security-profile-final-client-test-token-type-case-insensitivity',
      { token: (base) => ({ body: { ...base, token_type: 'dpOp' } }) },
    ],
    [
      'fapi2-security-profile-final-client-test-rs-dpop-auth-scheme-case-insensitivity',
      { userinfo: wantingNonce('dpOp error="use_dpop_nonce", algs="ES256"') },
    ],
  ])('%s', async ([, bends]) => {
    expect(await signIn(await start(bends))).toMatchObject({ status: 303, me: { user: { sub: 'ada' } } });
  });
});

describe('an ID token that is refused', () => {
  test.for<[module: string, bends: Bends]>([
    [
      'fapi2-security-profile-final-client-test-invalid-iss',
      { idToken: withClaims(({ iss }) => ({ iss: `${iss}1` })) },
    ],
    ['fapi2-security-profile-final-client-test-invalid-aud', { idToken: withClaims({ aud: 'another' }) }],
    [
      'fapi2-security-profile-final-client-test-invalid-secondary-aud',
      { idToken: withClaims(({ aud }) => ({ aud: [aud, 'another'] })) },
    ],
    ['fapi2-security-profile-final-client-test-invalid-null-alg', { idToken: withAlg('none') }],
    ['fapi2-security-profile-final-client-test-invalid-alternate-alg', { idToken: withAlg('RS256') }],
    ['fapi2-security-profile-final-client-test-invalid-expired-exp', { idToken: withClaims({ exp: 1 }) }],
    [
      'fapi2-security-profile-final-client-test-invalid-missing-exp',
      { idToken: withClaims({ exp: undefined }) },
    ],
    [
      'fapi2-security-profile-final-client-test-invalid-missing-aud',
      { idToken: withClaims({ aud: undefined }) },
    ],
    [
      'fapi2-security-profile-final-client-test-invalid-missing-iss',
      { idToken: withClaims({ iss: undefined }) },
    ],
    ['fapi2-security-profile-final-client-test-invalid-nonce', { idToken: withClaims({ nonce: 'another' }) }],
    [
      'fapi2-security-profile-final-client-test-invalid-missing-nonce',
      { idToken: withClaims({ nonce: undefined }) },
    ],
  ])('%s', async ([, bends]) => {
    const kit = await start(bends);
    expect(await signIn(kit)).toMatchObject({ status: 502, me: { authenticated: false } });
    expect([kit.bent.count('token'), kit.bent.count('userinfo')]).toEqual([1, 0]);
  });
});

describe('an authorization response that is refused, and nothing more is asked', () => {
  test.for<[module: string, change: (answer: URLSearchParams) => void]>([
    [
      'fapi2-security-profile-final-client-test-invalid-authorization-response-iss',
      (answer) => answer.set('iss', 'https://other.example'),
    ],
    [
      'fapi2-security-profile-final-client-test-remove-authorization-response-iss',
      (answer) => answer.delete('iss'),
    ],
    [
      'fapi2-security-profile-final-client-test-ensure-authorization-response-with-invalid-state-fails',
      (answer) => answer.set('state', `${answer.get('state')}1`),
    ],
    [
      'fapi2-security-profile-final-client-test-ensure-authorization-response-with-invalid-missing-state-fails',
      (answer) => answer.delete('state'),
    ],
  ])('%s', async ([, change]) => {
    const kit = await start();
    expect(await signIn(kit, change)).toMatchObject({ status: 400, me: { authenticated: false } });
    expect(kit.bent.count('token')).toBe(0);
  });
});

describe('metadata that is refused', () => {
  test('fapi2-security-profile-final-client-test-discovery-issuer-mismatch', async () => {
    const kit = await start({
      discovery: (base) => ({ body: { ...profileMetadata(base), issuer: 'https://other.example' } }),
    });
    const answer = await fetch(`${kit.bff.url}/login`, { redirect: 'manual' });
    expect([answer.status, answer.headers.get('location')]).toEqual([502, null]);
    expect(kit.bent.count('par')).toBe(0);
  });
});
