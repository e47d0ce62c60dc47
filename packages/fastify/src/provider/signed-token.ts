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

const readHeader = (token: string): ReturnType<typeof decodeProtectedHeader> => {
  try {
    return decodeProtectedHeader(token);
  } catch (cause) {
    throw new errors.JWSInvalid('The token has no readable header', { cause });
  }
};

/**
 * Verifies with the keys of the provider, after the checks that jose leaves open.
 *
 * @throws JOSEError, or what fetching the keys met.
 */
export const verifyWithKeys = async <Verified>(
  token: string,
  trust: TokenTrust,
  verifyWith: (key: CryptoKey) => Promise<Verified>,
): Promise<Verified> => {
  requireCanonicalEncoding(token);
  const header = readHeader(token);
  requireAlgorithm(header.alg, trust.algorithms);
  requireNoExtension(header);
  return trust.keySet(trust.jwksUri, { header, maySign: createKeyRule(token, trust) }, verifyWith);
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
  checks: Pick<JWTClaimVerificationOptions, 'audience' | 'requiredClaims'>,
): Promise<JWTVerifyResult> => {
  const { clock, clockTolerance } = trust.options;
  const { payload, protectedHeader } = await verifyWithKeys(token, trust, (key) =>
    compactVerify(token, key, { algorithms: [...trust.algorithms] }),
  );
  const now = { clockTolerance, currentDate: new Date(clock()) };
  return { payload: judgeClaims(parseClaims(payload), { ...checks, ...now }), protectedHeader };
};
