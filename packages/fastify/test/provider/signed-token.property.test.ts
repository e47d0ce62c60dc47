import { constants, generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import { fuzzRuns } from '@foyer/testkit';
import {
  assert,
  asyncProperty,
  constant,
  constantFrom,
  dictionary,
  integer,
  oneof,
  record,
} from 'fast-check';
import { type CryptoKey, importJWK, jwtVerify } from 'jose';
import { describe, expect, test } from 'vitest';
import { type TokenTrust, verifySigned } from '../../src/provider/signed-token.ts';

const now = Date.UTC(2026, 0, 1);
const seconds = now / 1000;
const issuer = 'https://provider.example';
const clientId = 'us';
const clockTolerance = 30;

const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 });
const ed25519 = generateKeyPairSync('ed25519');
const onCurve = (namedCurve: string) => generateKeyPairSync('ec', { namedCurve });
const pss = { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: constants.RSA_PSS_SALTLEN_DIGEST };

interface Signer {
  readonly pair: { readonly publicKey: KeyObject; readonly privateKey: KeyObject };
  readonly hash: string | null;
  readonly options?: object;
}

const signers: Readonly<Record<string, Signer>> = {
  RS256: { pair: rsa, hash: 'sha256' },
  RS384: { pair: rsa, hash: 'sha384' },
  RS512: { pair: rsa, hash: 'sha512' },
  PS256: { pair: rsa, hash: 'sha256', options: pss },
  PS384: { pair: rsa, hash: 'sha384', options: pss },
  PS512: { pair: rsa, hash: 'sha512', options: pss },
  ES256: { pair: onCurve('P-256'), hash: 'sha256', options: { dsaEncoding: 'ieee-p1363' } },
  ES384: { pair: onCurve('P-384'), hash: 'sha384', options: { dsaEncoding: 'ieee-p1363' } },
  ES512: { pair: onCurve('P-521'), hash: 'sha512', options: { dsaEncoding: 'ieee-p1363' } },
  EdDSA: { pair: ed25519, hash: null },
  Ed25519: { pair: ed25519, hash: null },
};

const print = (part: unknown): string => Buffer.from(JSON.stringify(part)).toString('base64url');

const signToken = (header: unknown, claims: unknown, { pair, hash, options }: Signer): string => {
  const signed = `${print(header)}.${print(claims)}`;
  const signature = sign(hash, Buffer.from(signed), { key: pair.privateKey, ...options });
  return `${signed}.${signature.toString('base64url')}`;
};

const importFor = async (alg: string, { pair }: Signer): Promise<CryptoKey> => {
  const key = await importJWK(pair.publicKey.export({ format: 'jwk' }), alg);
  if (key instanceof Uint8Array) throw new TypeError('Not a public key');
  return key;
};

const trustIn = (alg: string, key: CryptoKey): TokenTrust => ({
  issuer,
  jwksUri: `${issuer}/jwks`,
  algorithms: [alg],
  options: { providerId: 'default', clientId, clock: () => now, clockTolerance },
  keySet: (_url, _wanted, verifyWith) => verifyWith(key),
});

const checks = { issuer, audience: clientId };
const withExpiry = { ...checks, requiredClaims: ['exp'] };

const claims = { iss: issuer, aud: clientId, iat: seconds, exp: seconds + 60 };

const accepted = async (verdict: Promise<{ readonly payload: unknown }>): Promise<unknown> => {
  const settled = await Promise.allSettled([verdict]);
  return settled[0].status === 'fulfilled' ? settled[0].value.payload : 'refused';
};

describe.for(Object.entries(signers))('%s', ([alg, signer]) => {
  test('a good signature is accepted, another or none is refused', async () => {
    const trust = trustIn(alg, await importFor(alg, signer));
    const token = signToken({ alg }, claims, signer);
    const cut = token.lastIndexOf('.') + 1;
    const bytes = Buffer.from(token.slice(cut), 'base64url');
    bytes[9] = (bytes[9] ?? 0) ^ 1;
    expect(await accepted(verifySigned(token, trust, withExpiry))).toEqual(claims);
    for (const signature of [bytes.toString('base64url'), '', token.slice(cut, -4)])
      expect(await accepted(verifySigned(token.slice(0, cut) + signature, trust, checks))).toBe('refused');
  });
});

test('an RSA key of less than 2,048 bits is refused', async () => {
  const small = { pair: generateKeyPairSync('rsa', { modulusLength: 1024 }), hash: 'sha256' };
  const trust = trustIn('RS256', await importFor('RS256', small));
  await expect(verifySigned(signToken({ alg: 'RS256' }, claims, small), trust, checks)).rejects.toThrow(
    /2048/,
  );
});

const times = oneof(
  integer({ min: seconds - 40, max: seconds + 40 }),
  constantFrom<unknown>(String(seconds), null, undefined, seconds + 0.5, 1e300, true, []),
);
/** `null` is absence here, where jose refuses it. */
const someTimes = times.filter((time) => time !== null);
const anyHeader = record(
  {
    alg: oneof(
      { weight: 6, arbitrary: constant('ES256') },
      constantFrom('none', 'HS256', 'RS256', '', 1, null),
    ),
    typ: constantFrom('JWT', 'at+jwt', 1),
    crit: constantFrom([], ['x'], ['b64'], 'b64', null),
    b64: constantFrom(true, false),
    x: constant(1),
  },
  { requiredKeys: ['alg'] },
);
const anyClaims = record(
  {
    iss: constantFrom<unknown>(issuer, issuer, issuer, issuer, `${issuer}/`, [issuer], null),
    aud: constantFrom<unknown>(clientId, clientId, [clientId], ['other', clientId], [], 'other', { us: 1 }),
    exp: times,
    nbf: someTimes,
    iat: someTimes,
  },
  { requiredKeys: ['iss', 'aud'] },
);
const anyPayload = oneof({ weight: 9, arbitrary: anyClaims }, constantFrom<unknown>([], null, 'text', 1));

/** One character of the token replaced, taken out or put in. */
const bend = (token: string, where: number, what: string): string => {
  const at = Math.abs(where) % token.length;
  return where < 0 ? token : token.slice(0, at) + what + token.slice(at + (where % 2));
};

const isCanonical = (token: string): boolean =>
  token.split('.').every((part) => Buffer.from(part, 'base64url').toString('base64url') === part);

test('what jose refuses is refused, and what it accepts has the same claims', async () => {
  const { ES256: signer } = signers;
  if (signer === undefined) throw new TypeError('ES256 is missing');
  const key = await importFor('ES256', signer);
  const trust = trustIn('ES256', key);
  const bends = constantFrom('', 'A', '.', '=', ' ', '+', '\u00e4');
  const property = asyncProperty(
    anyHeader,
    anyPayload,
    dictionary(constantFrom('sub', '__proto__', 'nonce'), constantFrom('a', 'b')),
    oneof(constant(-1), integer({ min: 0, max: 400 })),
    bends,
    async (header, payload, more, where, what) => {
      const isObject = typeof payload === 'object' && payload !== null && !Array.isArray(payload);
      const token = bend(
        signToken(header, isObject ? { ...payload, ...more } : payload, signer),
        where,
        what,
      );
      const ours = await accepted(verifySigned(token, trust, withExpiry));
      const judged = jwtVerify(token, key, {
        algorithms: ['ES256'],
        issuer,
        audience: clientId,
        clockTolerance,
        currentDate: new Date(now),
        requiredClaims: ['exp'],
      });
      const theirs = await accepted(judged);
      // Another spelling of the same bytes, and an extension that changes nothing, are nothing that a provider sends.
      if (ours === 'refused' && (header.crit !== undefined || !isCanonical(token))) return;
      expect(ours).toEqual(theirs);
    },
  );
  await assert(property, fuzzRuns(400));
});
