import { constants, generateKeyPairSync, hash, type KeyObject, sign } from 'node:crypto';
import { expect, test } from 'vitest';
import type { Bends } from './bent-provider.ts';
import { problemCode, problemOf, startRelyingParty } from './relying-party.ts';

/** How many bits the hash of an algorithm has; that of EdDSA has its own. */
const hashOf = (alg: string): string => (alg.startsWith('Ed') ? 'sha512' : `sha${alg.slice(-3)}`);

const signBy = (alg: string, data: Buffer, key: KeyObject): Buffer => {
  if (alg.startsWith('Ed')) return sign(null, data, key);
  const saltLength = constants.RSA_PSS_SALTLEN_DIGEST;
  const pss = alg.startsWith('PS') ? { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength } : {};
  return sign(hashOf(alg), data, { key, dsaEncoding: 'ieee-p1363', ...pss });
};

const createPair = (alg: string): { readonly publicKey: KeyObject; readonly privateKey: KeyObject } => {
  if (alg.startsWith('Ed')) return generateKeyPairSync('ed25519');
  if (!alg.startsWith('ES')) return generateKeyPairSync('rsa', { modulusLength: 2048 });
  return generateKeyPairSync('ec', { namedCurve: alg === 'ES512' ? 'P-521' : `P-${alg.slice(-3)}` });
};

/** Half of the hash of the access token that the bent provider issues. */
const createHash = (alg: string): string => {
  const digest = hash(hashOf(alg), 'access-token-of-ada', 'buffer');
  return digest.subarray(0, digest.length / 2).toString('base64url');
};

/** A provider that lists these algorithms, and signs by a name that may be the other of the same. */
const signingBy = (alg: string, listed: unknown, ofKey?: unknown): Bends => {
  const { publicKey, privateKey } = createPair(alg);
  const key = { ...publicKey.export({ format: 'jwk' }), kid: 'k', alg: ofKey };
  return {
    discovery: (base) => ({ body: { ...base, id_token_signing_alg_values_supported: listed } }),
    jwks: () => ({ body: { keys: [key] } }),
    idToken: ({ claims }) => ({
      header: { alg: 'RS256' },
      claims: { ...claims, at_hash: createHash(alg) },
    }),
    signed: (token) => {
      const [, claims] = token.split('.');
      const header = Buffer.from(JSON.stringify({ alg, kid: 'k' })).toString('base64url');
      const data = Buffer.from(`${header}.${claims}`);
      return `${data}.${signBy(alg, data, privateKey).toString('base64url')}`;
    },
  };
};

test.for([
  ['ES256', 'ES256'],
  ['PS256', 'PS256'],
  ['EdDSA', 'EdDSA'],
  ['Ed25519', 'EdDSA'],
  ['EdDSA', 'Ed25519'],
  ['Ed25519', 'Ed25519'],
  ...['RS384', 'RS512', 'PS384', 'PS512', 'ES384', 'ES512'].map((alg) => [alg, alg]),
])('an ID token by %s signs in where the metadata lists %s', async ([alg = '', listed]) => {
  await using party = await startRelyingParty(signingBy(alg, [listed], listed));
  expect(await party.login()).toMatchObject({ sub: 'ada' });
});

test.for<[string, string, unknown]>([
  ['ES256', 'among others', ['none', 'HS256', 'RS256', 'ES256']],
  ['ES256', 'as a text', 'ES256'],
  ['RS256', 'not at all', undefined],
  ['RS256', 'as null', null],
  ['RS256', 'as an empty list', []],
  ['RS256', 'beside none but those that are refused', ['none', 'HS256']],
])('an ID token by %s signs in where the metadata lists it %s', async ([alg, , listed]) => {
  await using party = await startRelyingParty(signingBy(alg, listed));
  expect(await party.login()).toMatchObject({ sub: 'ada' });
});

test.for<[string, unknown, string | undefined]>([
  ['RS256', ['ES256'], undefined],
  ['ES256', undefined, undefined],
  ['ES256', ['RS256', 'ES256'], 'RS256'],
  ['RS256', ['RS256', 'ES256'], 'ES256'],
  ['EdDSA', ['EdDSA'], 'RS256'],
])(
  'an ID token by %s is refused where the metadata lists %j and OIDC_ID_TOKEN_ALG is %s, and both are named',
  async ([alg, listed, idTokenAlg]) => {
    await using party = await startRelyingParty(signingBy(alg, listed), idTokenAlg ? { idTokenAlg } : {});
    const problem = await problemOf(party.login());
    expect(problem).toMatchObject({ code: 'provider_invalid_response' });
    expect(String(problem)).toMatch(new RegExp(`signed with ${alg}, and .* is accepted.*OIDC_ID_TOKEN_ALG`));
  },
);

test.for([
  ['ES256', 'RS256'],
  ['PS256', 'RS256'],
  ['RS256', 'PS256'],
])('a token by %s is not verified with a key that is for %s', async ([alg = '', ofKey]) => {
  await using party = await startRelyingParty(signingBy(alg, ['RS256', 'PS256', 'ES256'], ofKey));
  expect(await problemCode(party.login())).toBe('provider_invalid_response');
});
