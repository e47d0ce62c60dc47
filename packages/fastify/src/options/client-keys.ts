import {
  createHash,
  createPrivateKey,
  createPublicKey,
  type JsonWebKey,
  type KeyObject,
  X509Certificate,
} from 'node:crypto';
import { readFileSync } from 'node:fs';

/** A text, or the file that holds it: a file is read again when it changes. */
export type SecretSource = string | { readonly file: string };

/** A private key of the client. */
export interface ClientKey {
  readonly kid: string;
  /** The algorithm that it signs with. */
  readonly alg: string;
  readonly privateKey: KeyObject;
  /** The public part, with `kid`, `alg` and `use`. */
  readonly publicJwk: Readonly<Record<string, unknown>>;
}

/** Reads what a source holds now. @throws Error of the file system. */
export const readSource = (source: SecretSource): string =>
  typeof source === 'string' ? source : readFileSync(source.file, 'utf8').trim();

/** The algorithms of each kind of key, the preferred one first. @see RFC 7518 section 3.1; RFC 8037 section 3.1 */
const algorithmsOf: Readonly<Record<string, readonly string[]>> = {
  'P-256': ['ES256'],
  'P-384': ['ES384'],
  'P-521': ['ES512'],
  Ed25519: ['EdDSA', 'Ed25519'],
  RSA: ['PS256', 'PS384', 'PS512', 'RS256', 'RS384', 'RS512'],
};

/** The algorithms of the security profile. @see FAPI 2.0 Security Profile section 5.4.1 */
export const profileAlgorithms: readonly string[] = ['PS256', 'ES256', 'EdDSA', 'Ed25519'];

/** Bits. @see RFC 7518 section 3.3 */
const leastRsaBits = 2048;

/** @see RFC 7638 section 3.2 */
const createThumbprint = ({ kty, crv, x, y, n, e }: JsonWebKey): string => {
  const members = kty === 'RSA' ? { e, kty, n } : kty === 'EC' ? { crv, kty, x, y } : { crv, kty, x };
  return createHash('sha256').update(JSON.stringify(members)).digest('base64url');
};

const createClientKey = (privateKey: KeyObject, given: { alg?: unknown; kid?: unknown }): ClientKey => {
  const bare = createPublicKey(privateKey).export({ format: 'jwk' });
  const algorithms = algorithmsOf[bare.crv ?? bare.kty ?? ''] ?? [];
  const alg = given.alg === undefined ? algorithms[0] : algorithms.find((each) => each === given.alg);
  if (alg === undefined) throw new Error('holds a key of a kind, or with an alg, that cannot sign here');
  const bits = privateKey.asymmetricKeyDetails?.modulusLength ?? leastRsaBits;
  if (bits < leastRsaBits) throw new Error(`holds an RSA key of ${bits} bits`);
  const kid = typeof given.kid === 'string' && given.kid !== '' ? given.kid : createThumbprint(bare);
  return { kid, alg, privateKey, publicJwk: { ...bare, kid, alg, use: 'sig' } };
};

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const parseJwks = (text: string): readonly ClientKey[] => {
  const value: unknown = JSON.parse(text);
  const list: unknown = isObject(value) && 'keys' in value ? value.keys : value;
  return (Array.isArray(list) ? list : [list]).map((jwk: unknown) => {
    if (!isObject(jwk) || jwk.d === undefined) throw new Error('holds a key without its private part');
    return createClientKey(createPrivateKey({ key: jwk, format: 'jwk' }), jwk);
  });
};

const pemBlock = /-----BEGIN ([A-Z0-9 ]+)-----[\s\S]+?-----END \1-----/g;

const parsePem = (text: string): readonly ClientKey[] =>
  [...text.matchAll(pemBlock)]
    .filter(([, label = '']) => label.endsWith('PRIVATE KEY'))
    .map(([pem]) => createClientKey(createPrivateKey(pem), {}));

const isOurs = (error: unknown): error is Error =>
  error instanceof Error && error.message.startsWith('holds ');

/** A PEM in a variable of one line is written with `\n`. */
export const unfoldPem = (text: string): string => text.replaceAll('\\n', '\n');

/**
 * Reads private keys: PEM blocks, one JWK, a JWK set or a JSON list of JWKs.
 *
 * @throws Error that says what is wrong, and nothing of the key.
 */
export const parseClientKeys = (text: string): readonly ClientKey[] => {
  try {
    const keys = /^[[{]/.test(text) ? parseJwks(text) : parsePem(unfoldPem(text));
    if (keys.length > 0) return keys;
  } catch (error) {
    if (isOurs(error)) throw error;
  }
  throw new Error('holds no private key as PEM without a passphrase, or as JWK');
};

/** The certificate of a client. @throws Error that says what is wrong. */
export const parseClientCert = (pem: string): X509Certificate => {
  try {
    return new X509Certificate(unfoldPem(pem));
  } catch {
    throw new Error('holds no certificate as PEM');
  }
};
