import type { ResolvedOptions } from '../options.ts';
import { parseObject } from './provider-errors.ts';

/** What a grant brings; the signature of the ID token is not verified yet. */
export interface GrantedTokens {
  readonly accessToken: string;
  /** Milliseconds since the epoch; `undefined` when neither the provider nor the token itself says. */
  readonly accessTokenExpiresAt: number | undefined;
  readonly refreshToken: string | undefined;
  readonly idToken: string | undefined;
  /** Separated by spaces; `undefined` when the provider does not say: what was asked for. @see RFC 6749 section 5.1 */
  readonly scope: string | undefined;
}

/** The members that openid-client has judged. */
interface TokenMembers {
  readonly access_token: string;
  readonly expires_in?: number;
  readonly refresh_token?: string;
  readonly id_token?: string;
  readonly scope?: string;
  /** The ID token as it came; `id_token` may lack claims that were empty. */
  readonly signed_id_token?: unknown;
}

/** Milliseconds: no session lasts longer. */
const maxLifetimeMs = 366 * 86_400_000;

/** The `exp` of an access token that is a JWT; it is a hint for us, not a proof. @see RFC 9068 section 2.2 */
const readExpiry = (accessToken: string, now: number): number | undefined => {
  const [, claims, signature] = accessToken.split('.');
  if (claims === undefined || signature === undefined) return undefined;
  const exp = parseObject(Buffer.from(claims, 'base64url').toString())?.exp;
  return typeof exp === 'number' && exp > 0 ? Math.min(exp * 1000, now + maxLifetimeMs) : undefined;
};

/** Names what a grant brings. @see OpenID Connect Core section 3.1.3.3 */
export const createGrantedTokens = (
  {
    access_token: accessToken,
    expires_in,
    refresh_token: refreshToken,
    signed_id_token: idToken,
    scope,
  }: TokenMembers,
  { clock }: Pick<ResolvedOptions, 'clock'>,
): GrantedTokens => {
  const now = clock();
  return {
    accessToken,
    accessTokenExpiresAt: expires_in === undefined ? readExpiry(accessToken, now) : now + expires_in * 1000,
    refreshToken,
    idToken: typeof idToken === 'string' ? idToken : undefined,
    scope,
  };
};
