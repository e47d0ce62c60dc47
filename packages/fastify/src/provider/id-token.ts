import { requireAccessTokenHash } from './checks/access-token-hash.ts';
import { requireAuthorizedParty } from './checks/authorized-party.ts';
import { requireShallow } from './checks/claims-depth.ts';
import { requireIssuedBefore } from './checks/issued-at.ts';
import { requireIssuer } from './checks/issuer.ts';
import { requireSubject } from './checks/subject.ts';
import { requireIdTokenType } from './checks/token-type-header.ts';
import type { JsonObject } from './json-object.ts';
import { providerProblem } from './provider-errors.ts';
import { type TokenTrust, verifySignature } from './signed-token.ts';

/** Claims of a verified ID token. */
export type IdTokenClaims = JsonObject & { readonly iss: string; readonly sub: string };

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
    const { header, claims } = await verifySignature(token, trust);
    const { clock, clockTolerance, clientId } = trust.options;
    requireIdTokenType(header);
    requireAuthorizedParty(claims, clientId);
    requireIssuedBefore(claims, clock() / 1000 + clockTolerance);
    requireAccessTokenHash(claims, accessToken, header.alg);
    requireShallow(claims);
    return { ...claims, iss: requireIssuer(claims, trust), sub: requireSubject(claims) };
  } catch (error) {
    throw providerProblem(error);
  }
};
