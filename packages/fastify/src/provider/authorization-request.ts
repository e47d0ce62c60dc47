import { hash } from 'node:crypto';
import { paths } from '@foyer/contract';
import type { ResolvedOptions } from '../options.ts';
import { takeRandomBytes } from '../random-bytes.ts';
import type { Metadata } from './discovery.ts';
import type { AuthorizationChecks, LoginHints } from './provider.ts';

/** Each of 33 random bytes, printed at once. */
const createRandomValues = (): readonly [state: string, nonce: string, codeVerifier: string] => {
  const text = takeRandomBytes(99).toString('base64url');
  return [text.slice(0, 44), text.slice(44, 88), text.slice(88)];
};

/** The one redirect URI, made from the public URL alone. */
export const redirectUri = ({ publicUrl }: ResolvedOptions): string => `${publicUrl}${paths.callback}`;

/** The endpoint as a URL prints it, and the query that it has of its own. */
interface Endpoint {
  readonly address: string;
  readonly query: string;
}

const endpoints = new WeakMap<Metadata, Endpoint>();

const readEndpoint = (metadata: Metadata): Endpoint => {
  const known = endpoints.get(metadata);
  if (known !== undefined) return known;
  const url = new URL(metadata.authorization_endpoint);
  const query = url.search;
  url.search = '';
  const endpoint = { address: url.href, query };
  endpoints.set(metadata, endpoint);
  return endpoint;
};

/** Makes an authorization request with fresh `state`, `nonce` and PKCE. @see RFC 7636 section 4.2 */
export const createRequest = (
  metadata: Metadata,
  options: ResolvedOptions,
  hints: LoginHints,
): { readonly url: string; readonly checks: AuthorizationChecks } => {
  const [state, nonce, codeVerifier] = createRandomValues();
  const checks = { state, nonce, codeVerifier, maxAge: hints.max_age };
  const endpoint = readEndpoint(metadata);
  const parameters = {
    ...options.authorizationParams,
    ...hints,
    response_type: 'code',
    client_id: options.clientId,
    redirect_uri: redirectUri(options),
    scope: options.scope,
    state: checks.state,
    nonce: checks.nonce,
    code_challenge: hash('sha256', checks.codeVerifier, 'base64url'),
    code_challenge_method: 'S256',
  };
  const query = new URLSearchParams(endpoint.query);
  for (const [name, value] of Object.entries(parameters)) query.set(name, String(value));
  const asked = Number(query.get('max_age') ?? Number.NaN);
  return {
    url: `${endpoint.address}?${query}`,
    checks: { ...checks, maxAge: Number.isFinite(asked) ? asked : undefined },
  };
};
