import {
  compactVerify,
  errors,
  type JWTClaimVerificationOptions,
  type JWTVerifyResult,
  UnsecuredJWT,
} from 'jose';
import type { ResolvedOptions } from '../options.ts';
import { type IdTokenClaims, requireIdTokenClaims } from './checks/id-token-claims.ts';
import { type AcceptedIssuer, createKeyRule } from './checks/issuer.ts';
import { requireHeader } from './checks/token-header.ts';
import { isAbsent, type JsonObject, parseObject } from './json-object.ts';
import type { KeySet } from './key-set.ts';
import { providerProblem } from './provider-errors.ts';

/** What a token of the provider is verified against. */
export interface TokenTrust extends AcceptedIssuer {
  readonly jwksUri: string;
  /** The accepted signature algorithms. */
  readonly algorithms: readonly string[];
  readonly options: Pick<ResolvedOptions, 'providerId' | 'clientId' | 'clock' | 'clockTolerance'>;
  readonly keySet: KeySet;
}

/** A token whose signature is verified. */
interface VerifiedToken {
  readonly header: JWTVerifyResult['protectedHeader'];
  readonly claims: JsonObject;
}

const utf8 = new TextDecoder('utf-8', { fatal: true });

const verifySignature = async (token: string, trust: TokenTrust): Promise<VerifiedToken> => {
  const header = requireHeader(token, trust.algorithms);
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
  const present = Object.entries(claims).filter(
    ([name, value]) => !ofToken.includes(name) || !isAbsent(value),
  );
  const unsigned = new UnsecuredJWT(Object.fromEntries(present)).encode();
  const now = { clockTolerance, currentDate: new Date(clock()) };
  const { payload } = UnsecuredJWT.decode(unsigned, { ...checks, ...now });
  return { payload, protectedHeader: header };
};

/**
 * Verifies the signature of an ID token whose claims openid-client has accepted, and what that leaves open.
 *
 * @throws Problem `provider_invalid_response`, or what fetching the keys met.
 * @see OpenID Connect Core section 3.1.3.7
 */
export const verifyIdToken = async (
  token: string,
  trust: TokenTrust,
  accessToken: string,
): Promise<IdTokenClaims> => {
  try {
    return requireIdTokenClaims({ ...(await verifySignature(token, trust)), accessToken }, trust);
  } catch (error) {
    throw providerProblem(error);
  }
};
