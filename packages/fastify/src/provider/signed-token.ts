import {
  type CryptoKey,
  compactVerify,
  decodeProtectedHeader,
  errors,
  type JWTClaimVerificationOptions,
  type JWTPayload,
  type JWTVerifyResult,
  UnsecuredJWT,
} from 'jose';
import type { ResolvedOptions } from '../options.ts';
import { requireAlgorithm } from './checks/algorithm.ts';
import { requireCanonicalEncoding } from './checks/canonical-encoding.ts';
import { requireNoExtension } from './checks/critical-extension.ts';
import type { AcceptedIssuer } from './checks/issuer.ts';
import { createKeyRule } from './checks/key-issuer.ts';
import { isAbsent, parseObject } from './json-object.ts';
import type { KeySet } from './key-set.ts';

/** What a token of the provider is verified against. */
export interface TokenTrust extends AcceptedIssuer {
  readonly jwksUri: string;
  /** The accepted signature algorithms. */
  readonly algorithms: readonly string[];
  readonly options: Pick<ResolvedOptions, 'providerId' | 'clientId' | 'clock' | 'clockTolerance'>;
  readonly keySet: KeySet;
}

/** Verifies with one key. @throws JWSSignatureVerificationFailed when another key has signed. */
type VerifyWith<Verified> = (key: CryptoKey) => Promise<Verified>;

const readHeader = (token: string): ReturnType<typeof decodeProtectedHeader> => {
  try {
    return decodeProtectedHeader(token);
  } catch (cause) {
    throw new errors.JWSInvalid('The token has no readable header', { cause });
  }
};

/** A key that jose refuses to use, of less than 2,048 bits for one, is a `TypeError`. */
const tryKeys = async <Verified>(
  keys: readonly CryptoKey[],
  verifyWith: VerifyWith<Verified>,
): Promise<Verified> => {
  let failure: Error = new errors.JWKSNoMatchingKey();
  for (const key of keys) {
    try {
      return await verifyWith(key);
    } catch (error) {
      const isOther = error instanceof errors.JWSSignatureVerificationFailed || error instanceof TypeError;
      if (!isOther) throw error;
      failure = error;
    }
  }
  throw failure;
};

const isAboutKey = (error: unknown): boolean =>
  error instanceof errors.JWKSNoMatchingKey || error instanceof errors.JWSSignatureVerificationFailed;

/**
 * Verifies with the keys of the provider, each in turn. Keys are fetched again when none has signed the token: it was
 * signed by a new one, perhaps under a known `kid`.
 *
 * @throws JOSEError, or what fetching the keys met.
 */
export const verifyWithKeys = async <Verified>(
  token: string,
  trust: TokenTrust,
  verifyWith: VerifyWith<Verified>,
): Promise<Verified> => {
  const { algorithms, jwksUri, keySet } = trust;
  requireCanonicalEncoding(token);
  const header = readHeader(token);
  requireAlgorithm(header.alg, algorithms);
  requireNoExtension(header);
  const wanted = { header, maySign: createKeyRule(token, trust) };
  const { keys, isNew } = await keySet.find(jwksUri, wanted);
  try {
    return await tryKeys(keys, verifyWith);
  } catch (error) {
    if (isNew || !isAboutKey(error) || !(await keySet.renew(jwksUri))) throw error;
  }
  const renewed = await keySet.find(jwksUri, wanted);
  const verified = await tryKeys(renewed.keys, verifyWith);
  keySet.confirm();
  return verified;
};

const utf8 = new TextDecoder('utf-8', { fatal: true });

/** The claims of a verified token. @throws JWTInvalid when they are no JSON object. */
export const parseClaims = (payload: Uint8Array): JWTPayload => {
  const claims = parseObject(utf8.decode(payload));
  if (claims === undefined) throw new errors.JWTInvalid('The claims are not a JSON object');
  return claims;
};

/** Claims about the token itself, of which `null` and empty text are absence; jose would refuse them. */
const ofToken = ['iss', 'aud', 'exp', 'nbf', 'iat'];

/** The claims as jose shall judge them; it judges those of a token that it decodes without a signature by the same rules. */
const judgeClaims = (claims: JWTPayload, checks: JWTClaimVerificationOptions): JWTPayload => {
  const present = Object.entries(claims).filter(
    ([name, value]) => !ofToken.includes(name) || !isAbsent(value),
  );
  return UnsecuredJWT.decode(new UnsecuredJWT(Object.fromEntries(present)).encode(), checks).payload;
};

/**
 * Verifies signature, `exp`, `nbf` and what else `checks` name of any token of the provider.
 *
 * @throws JOSEError, or what fetching the keys met.
 * @see RFC 7515 section 5.2; RFC 7519 section 7.2
 */
export const verifySigned = async (
  token: string,
  trust: TokenTrust,
  checks: Pick<JWTClaimVerificationOptions, 'issuer' | 'audience' | 'requiredClaims'>,
): Promise<JWTVerifyResult> => {
  const { clock, clockTolerance } = trust.options;
  const { payload, protectedHeader } = await verifyWithKeys(token, trust, (key) =>
    compactVerify(token, key, { algorithms: [...trust.algorithms] }),
  );
  const now = { clockTolerance, currentDate: new Date(clock()) };
  return { payload: judgeClaims(parseClaims(payload), { ...checks, ...now }), protectedHeader };
};
