import { randomBytes } from 'node:crypto';
import { paths } from '@foyer/contract';
import { buildAuthorizationUrl, calculatePKCECodeChallenge } from 'openid-client';
import type { ResolvedOptions } from '../options.ts';
import type { AuthorizationChecks, LoginHints } from './authorization-checks.ts';
import { tightenHints } from './authorization-policy.ts';
import type { ProviderContext } from './provider-context.ts';
import { replaceParameters } from './replaced-parameters.ts';

/** 264 random bits. */
const createRandomValue = (): string => randomBytes(33).toString('base64url');

/** The one redirect URI, made from the public URL alone. */
export const redirectUri = ({ publicUrl }: ResolvedOptions): string => `${publicUrl}${paths.callback}`;

/** Where the browser goes to sign in, and what its return is checked against. */
interface AuthorizationRequest {
  readonly url: string;
  readonly checks: AuthorizationChecks;
}

/** Makes an authorization request with fresh `state`, `nonce` and PKCE. @see RFC 7636 section 4.2 */
export const createAuthorizationRequest = async (
  { discovery, options, openidClient }: ProviderContext,
  given: LoginHints,
): Promise<AuthorizationRequest> => {
  const metadata = await discovery.require();
  const { hints, maxAge, acrValues } = tightenHints(options.authorizationParams, given);
  const [state, nonce, codeVerifier] = [createRandomValue(), createRandomValue(), createRandomValue()];
  const hinted = Object.entries(hints).map(([name, value]) => [name, String(value)]);
  const parameters = {
    ...options.authorizationParams,
    ...Object.fromEntries(hinted),
    response_type: 'code',
    client_id: options.clientId,
    redirect_uri: redirectUri(options),
    scope: options.scope,
    state,
    nonce,
    code_challenge: await calculatePKCECodeChallenge(codeVerifier),
    code_challenge_method: 'S256',
  };
  const url = buildAuthorizationUrl(openidClient.configure(metadata, 'client_secret_basic'), parameters);
  return {
    url: replaceParameters(url, parameters),
    checks: { state, nonce, codeVerifier, maxAge, acrValues },
  };
};
