import { constants, KeyObject, type SigningOptions, verify } from 'node:crypto';
import { type CryptoKey, errors } from 'jose';

const smallestModulus = 2048;

const keys = new WeakMap<CryptoKey, KeyObject>();

const readKey = (given: CryptoKey): KeyObject => {
  const known = keys.get(given);
  if (known !== undefined) return known;
  const key = KeyObject.from(given);
  const { modulusLength = smallestModulus } = key.asymmetricKeyDetails ?? {};
  if (modulusLength < smallestModulus) throw new TypeError('The RSA key is shorter than 2048 bits');
  keys.set(given, key);
  return key;
};

const optionsOf = (alg: string): SigningOptions | undefined => {
  if (alg.startsWith('PS'))
    return { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: constants.RSA_PSS_SALTLEN_DIGEST };
  return alg.startsWith('ES') ? { dsaEncoding: 'ieee-p1363' } : undefined;
};

const hashOf = (alg: string): string | null => (alg.startsWith('Ed') ? null : `sha${alg.slice(-3)}`);

/**
 * Verifies a signature by an asymmetric `alg`, at once: Web Crypto would do it on another thread, which costs more than
 * the signature. The key has been imported for this `alg`.
 *
 * @throws JWSSignatureVerificationFailed; TypeError for an RSA key of less than 2,048 bits.
 * @see RFC 7518 section 3.1; RFC 8037 section 3.1
 */
export const verifySignature = (alg: string, key: CryptoKey, signed: string, signature: Buffer): void => {
  const read = readKey(key);
  const options = optionsOf(alg);
  // A key in an object costs Node half as much as the signature to look at.
  const verifier = options === undefined ? read : { key: read, ...options };
  let isGood: boolean;
  try {
    isGood = verify(hashOf(alg), Buffer.from(signed, 'latin1'), verifier, signature);
  } catch (cause) {
    throw new errors.JWSSignatureVerificationFailed(undefined, { cause });
  }
  if (!isGood) throw new errors.JWSSignatureVerificationFailed();
};
