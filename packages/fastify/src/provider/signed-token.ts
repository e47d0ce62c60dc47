import {
  compactVerify,
  errors,
  type JWTClaimVerificationOptions,
  type JWTVerifyResult,
  UnsecuredJWT,
} from 'jose';
import type { ResolvedOptions } from '../options.ts';
import { requireAlgorithm } from './checks/algorithm.ts';
import { requireCanonicalEncoding } from './checks/canonical-encoding.ts';
import { requireNoExtension } from './checks/critical-extension.ts';
import type { AcceptedIssuer } from './checks/issuer.ts';
import { createKeyRule } from './checks/key-issuer.ts';
import { type JsonObject, parseObject, readHeader, withoutAbsent } from './json-object.ts';
import type { KeySet } from './key-set.ts';

/** What a token of the provider is verified against. */
export interface TokenTrust extends AcceptedIssuer {
  readonly jwksUri: string;
  /** The accepted signature algorithms. */
  readonly algorithms: readonly string[];
  readonly options: Pick<ResolvedOptions, 'providerId' | 'clientId' | 'clock' | 'clockTolerance'>;
  readonly keySet: KeySet;
}

/** A token whose signature is verified. */
export interface VerifiedToken {
  readonly header: JWTVerifyResult['protectedHeader'];
  readonly claims: JsonObject;
}

const utf8 = new TextDecoder('utf-8', { fatal: true });

/**
 * Verifies a token with the keys of the provider, after the checks that jose leaves open.
 *
 * @throws JOSEError, or what fetching the keys met.
 */
export const verifySignature = async (token: string, trust: TokenTrust): Promise<VerifiedToken> => {
  requireCanonicalEncoding(token);
  const header = readHeader(token);
  if (header === undefined) throw new errors.JWSInvalid('The token has no readable header');
  requireAlgorithm(header.alg, trust.algorithms);
  requireNoExtension(header);
  const wanted = { header, maySign: createKeyRule(token, trust) };
  const { payload, protectedHeader } = await trust.keySet(trust.jwksUri, wanted, (key) =>
    compactVerify(token, key, { algorithms: [...trust.algorithms] }),
  );
  const claims = parseObject(utf8.decode(payload));
  if (claims === undefined) throw new errors.JWTInvalid('The claims are not a JSON object');
  return { header: protectedHeader, claims };
};

/** Claims about the token itself, of which `null` and empty text are absence; jose would refuse them. */
const ofToken = ['iss', 'aud', 'exp', 'nbf', 'iat'];

/**
 * Verifies signature, `exp`, `nbf` and what else `checks` name of any token of the provider. jose judges the claims of a
 * token that it decodes without a signature by the same rules.
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
  const { header, claims } = await verifySignature(token, trust);
  const unsigned = new UnsecuredJWT(withoutAbsent(claims, ofToken)).encode();
  const now = { clockTolerance, currentDate: new Date(clock()) };
  const { payload } = UnsecuredJWT.decode(unsigned, { ...checks, ...now });
  return { payload, protectedHeader: header };
};
