import { createHash, randomBytes } from 'node:crypto';
import { paths } from '@foyer/contract';
import type { ResolvedOptions } from '../options.ts';
import type { Metadata } from './discovery.ts';
import type { AuthorizationChecks, LoginHints } from './provider.ts';

const randomValue = (): string => randomBytes(32).toString('base64url');

/** The one redirect URI, made from the public URL alone. */
export const redirectUri = ({ publicUrl }: ResolvedOptions): string => `${publicUrl}${paths.callback}`;

/** Makes an authorization request with fresh `state`, `nonce` and PKCE. @see RFC 7636 section 4.2 */
export const createRequest = (
  metadata: Metadata,
  options: ResolvedOptions,
  hints: LoginHints,
): { readonly url: string; readonly checks: AuthorizationChecks } => {
  const checks = {
    state: randomValue(),
    nonce: randomValue(),
    codeVerifier: randomValue(),
    maxAge: hints.max_age,
  };
  const url = new URL(metadata.authorization_endpoint);
  const parameters = {
    ...options.authorizationParams,
    ...hints,
    response_type: 'code',
    client_id: options.clientId,
    redirect_uri: redirectUri(options),
    scope: options.scope,
    state: checks.state,
    nonce: checks.nonce,
    code_challenge: createHash('sha256').update(checks.codeVerifier).digest('base64url'),
    code_challenge_method: 'S256',
  };
  for (const [name, value] of Object.entries(parameters)) url.searchParams.set(name, String(value));
  const asked = Number(url.searchParams.get('max_age') ?? Number.NaN);
  return { url: url.href, checks: { ...checks, maxAge: Number.isFinite(asked) ? asked : undefined } };
};
