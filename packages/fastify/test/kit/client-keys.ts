import { execFileSync } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findProgram } from '@foyer/testkit';
import { parseClientKeys } from '../../src/options/client-keys.ts';

/** What makes certificates; tests that need it are left out where there is none. */
export const openssl = findProgram(['openssl']);

const makers = {
  ES256: () => generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey,
  PS256: () => generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey,
  EdDSA: () => generateKeyPairSync('ed25519').privateKey,
} as const;

/** An algorithm that clients of banks sign with. */
export type KeyAlgorithm = keyof typeof makers;

export const keyAlgorithms: readonly KeyAlgorithm[] = ['ES256', 'PS256', 'EdDSA'];

/** A new private key as PEM, and its public part as it is registered at a provider. */
export const createClientKey = (alg: KeyAlgorithm) => {
  const pem = String(makers[alg]().export({ type: 'pkcs8', format: 'pem' }));
  const [key] = parseClientKeys(pem);
  return { pem, kid: key?.kid ?? '', publicJwk: { ...key?.publicJwk } };
};

/** A new key and a certificate of it, as PEM: of its own, or by an authority. */
export const createCertificate = (
  commonName: string,
  authority?: { readonly key: string; readonly cert: string },
): { readonly key: string; readonly cert: string } => {
  const folder = mkdtempSync(join(tmpdir(), 'foyer-cert-'));
  const file = (name: string): string => join(folder, name);
  try {
    const signed = authority === undefined ? [] : ['-CA', file('ca.pem'), '-CAkey', file('ca.key')];
    if (authority !== undefined) {
      writeFileSync(file('ca.pem'), authority.cert);
      writeFileSync(file('ca.key'), authority.key);
    }
    execFileSync(
      openssl ?? '',
      [
        ...[
          'req',
          '-x509',
          '-days',
          '2',
          '-nodes',
          '-newkey',
          'ec',
          '-pkeyopt',
          'ec_paramgen_curve:prime256v1',
        ],
        ...['-keyout', file('own.key'), '-out', file('own.pem'), '-subj', `/CN=${commonName}`],
        ...['-addext', 'subjectAltName=DNS:localhost,DNS:op.example,IP:127.0.0.1', ...signed],
      ],
      { stdio: 'pipe' },
    );
    return { key: readFileSync(file('own.key'), 'utf8'), cert: readFileSync(file('own.pem'), 'utf8') };
  } finally {
    rmSync(folder, { recursive: true });
  }
};
