import { generateKeyPairSync } from 'node:crypto';

const makers = {
  ES256: () => generateKeyPairSync('ec', { namedCurve: 'P-256' }),
  PS256: () => generateKeyPairSync('rsa', { modulusLength: 3072 }),
  EdDSA: () => generateKeyPairSync('ed25519'),
} as const;

type Algorithm = keyof typeof makers;

/** What a key of a client can sign with, the default first. */
export const clientKeyAlgorithms: readonly Algorithm[] = ['ES256', 'PS256', 'EdDSA'];

/** A fresh private key of a client: a JWK on one line. */
export const createClientKey = (alg: Algorithm): string =>
  JSON.stringify({ ...makers[alg]().privateKey.export({ format: 'jwk' }), alg });
