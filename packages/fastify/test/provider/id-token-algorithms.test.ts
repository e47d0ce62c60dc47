import { constants, generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import { expect, test } from 'vitest';
import type { Bends } from './bent-provider.ts';
import { startRelyingParty } from './relying-party.ts';

const signers: Readonly<Record<string, (data: Buffer, key: KeyObject) => Buffer>> = {
  ES256: (data, key) => sign('sha256', data, { key, dsaEncoding: 'ieee-p1363' }),
  PS256: (data, key) =>
    sign('sha256', data, { key, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: 32 }),
  EdDSA: (data, key) => sign(null, data, key),
  Ed25519: (data, key) => sign(null, data, key),
};

const createPair = (alg: string): { readonly publicKey: KeyObject; readonly privateKey: KeyObject } => {
  if (alg === 'ES256') return generateKeyPairSync('ec', { namedCurve: 'P-256' });
  return alg === 'PS256'
    ? generateKeyPairSync('rsa', { modulusLength: 2048 })
    : generateKeyPairSync('ed25519');
};

/** A provider that lists one algorithm, and signs by a name that may be the other of the same. */
const signingBy = (alg: string, listed: string): Bends => {
  const { publicKey, privateKey } = createPair(alg);
  return {
    discovery: (base) => ({ body: { ...base, id_token_signing_alg_values_supported: [listed] } }),
    jwks: () => ({ body: { keys: [{ ...publicKey.export({ format: 'jwk' }), kid: 'k', alg: listed }] } }),
    idToken: ({ claims }) => ({ header: { alg: 'RS256' }, claims: { ...claims, at_hash: undefined } }),
    signed: (token) => {
      const [, claims] = token.split('.');
      const header = Buffer.from(JSON.stringify({ alg, kid: 'k' })).toString('base64url');
      const data = Buffer.from(`${header}.${claims}`);
      return `${data}.${signers[alg]?.(data, privateKey).toString('base64url')}`;
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
] as const)('an ID token by %s signs in where the metadata lists %s', async ([alg, listed]) => {
  await using party = await startRelyingParty(signingBy(alg, listed));
  expect(await party.login()).toMatchObject({ sub: 'ada' });
});
