import { hash } from 'node:crypto';
import type { ResolvedOptions } from '../../options.ts';
import { Problem } from '../../problems.ts';
import { isAbsent, type JsonObject } from '../json-object.ts';
import { requireShallow } from './claims-depth.ts';
import { type AcceptedIssuer, isAcceptedIssuer } from './issuer.ts';

/** Claims of a verified ID token. */
export type IdTokenClaims = JsonObject & { readonly iss: string; readonly sub: string };

/** Whom an ID token is from and for, and the time that it is judged by. */
interface Judgement extends AcceptedIssuer {
  readonly options: Pick<ResolvedOptions, 'clientId' | 'clock' | 'clockTolerance'>;
}

/** An ID token whose signature is verified, and the access token that came with it. */
interface VerifiedIdToken {
  readonly header: JsonObject;
  readonly claims: JsonObject;
  readonly accessToken: string;
}

const requireThat: (holds: boolean, reason: string) => asserts holds = (holds, reason) => {
  if (!holds) throw new Problem('provider_invalid_response', `ID token: ${reason}`);
};

/** The `at_hash` of an access token. @see OpenID Connect Core section 3.1.3.8 */
const hashOf = (accessToken: string, algorithm: string): string => {
  const digest = hash(
    algorithm.startsWith('Ed') ? 'sha512' : `sha${algorithm.slice(-3)}`,
    accessToken,
    'buffer',
  );
  return digest.subarray(0, digest.length / 2).toString('base64url');
};

/**
 * Requires what openid-client leaves open of an ID token: it looks at `azp` with several audiences alone, and at neither a
 * future `iat` nor `at_hash`. An access token in place of an ID token has another `typ`.
 *
 * @throws Problem `provider_invalid_response`.
 * @see OpenID Connect Core sections 2 and 3.1.3.7; RFC 8725 section 3.11
 */
export const requireIdTokenClaims = (
  { header, claims, accessToken }: VerifiedIdToken,
  judgement: Judgement,
): IdTokenClaims => {
  const { typ, alg } = header;
  const { iss, sub, azp, iat, at_hash } = claims;
  const { clientId, clock, clockTolerance } = judgement.options;
  const latestSeconds = clock() / 1000 + clockTolerance;
  requireThat(isAbsent(typ) || String(typ).toUpperCase() === 'JWT', 'typ is another kind of token');
  requireThat(isAbsent(azp) || azp === clientId, 'azp is another client');
  requireThat(typeof iat === 'number' && iat <= latestSeconds, 'iat is missing or in the future');
  const hasHash = at_hash !== undefined && at_hash !== null;
  requireThat(!hasHash || at_hash === hashOf(accessToken, String(alg)), 'at_hash differs');
  requireShallow(claims);
  requireThat(typeof iss === 'string' && isAcceptedIssuer(iss, judgement), 'iss is another issuer');
  requireThat(typeof sub === 'string' && sub.length >= 1 && sub.length <= 255, 'sub is malformed');
  return { ...claims, iss, sub };
};

/** Requires the authentication that `acr_values` asked for: the provider may answer with a weaker one. */
export const requireAcr = ({ acr }: JsonObject, acrValues: readonly string[] | undefined): void =>
  requireThat(
    acrValues === undefined || (typeof acr === 'string' && acrValues.includes(acr)),
    'acr is none of the acr_values that were asked for, see OIDC_AUTHORIZATION_PARAMS and require of API_ROUTES',
  );

/**
 * Refuses a limit of the session that is no time, or has passed: a session without its limit would be too long.
 *
 * @see IPSIE SL1, session_expiry
 */
export const requireSessionExpiry = ({ session_expiry: expiry }: JsonObject, nowSeconds: number): void => {
  if (isAbsent(expiry)) return;
  requireThat(typeof expiry === 'number' && Number.isFinite(expiry), 'session_expiry is no time');
  requireThat(expiry > nowSeconds, 'session_expiry has passed');
};
