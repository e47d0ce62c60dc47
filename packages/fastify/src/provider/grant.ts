import type { Configuration, DPoPHandle, TokenEndpointResponse } from 'openid-client';
import { runAuthenticated } from './client-authentication.ts';
import { proveKey } from './dpop.ts';
import { readClaims } from './json-object.ts';
import type { ProviderContext } from './provider-context.ts';
import { type ExpectedGrant, maxLifetimeSeconds, readGrant } from './token-answer.ts';
import type { DpopKey, GrantedTokens } from './token-set.ts';

/** The `exp` of an access token that is a JWT; it is a hint for us, not a proof. @see RFC 9068 section 2.2 */
const readExpiry = (accessToken: string, now: number): number | undefined => {
  const exp = accessToken.split('.').length < 3 ? undefined : readClaims(accessToken)?.exp;
  return typeof exp === 'number' && exp > 0
    ? Math.min(exp * 1000, now + maxLifetimeSeconds * 1000)
    : undefined;
};

/** Names what openid-client has checked; its `id_token` may lack claims that were empty. */
const nameTokens = (
  {
    access_token: accessToken,
    expires_in: lifetimeSeconds,
    refresh_token: refreshToken,
    signed_id_token: idToken,
    scope,
  }: TokenEndpointResponse,
  now: number,
): GrantedTokens => ({
  accessToken,
  accessTokenExpiresAt:
    lifetimeSeconds === undefined ? readExpiry(accessToken, now) : now + lifetimeSeconds * 1000,
  refreshToken,
  idToken: typeof idToken === 'string' ? idToken : undefined,
  scope,
});

/** What a grant is asked for with. */
interface GrantRequest extends ExpectedGrant {
  /** The key that the tokens are to be bound to. */
  readonly dpopKey: DpopKey | undefined;
}

/**
 * Runs a grant at the token endpoint, by one of openid-client's functions.
 *
 * @throws whatever `providerProblem` has a name for.
 * @see OpenID Connect Core section 3.1.3.3
 */
export const requestGrant = async (
  context: ProviderContext,
  { dpopKey, ...expected }: GrantRequest,
  grant: (config: Configuration, options: { readonly DPoP?: DPoPHandle }) => Promise<TokenEndpointResponse>,
): Promise<GrantedTokens> => {
  const { metadata, config, trust } = await context.discovered();
  const request = { metadata, endpoint: 'token_endpoint', read: readGrant(trust, expected) } as const;
  const granted = await runAuthenticated(context, request, async () =>
    grant(config, await proveKey(context, config, dpopKey)),
  );
  return { ...nameTokens(granted, context.options.clock()), dpopKey };
};
