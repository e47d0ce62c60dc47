import { hash, randomBytes } from 'node:crypto';
import { paths } from '@foyer/contract';
import type { ResolvedOptions } from '../options.ts';
import type { AuthorizationChecks, LoginHints } from './authorization-checks.ts';
import { tightenHints } from './authorization-policy.ts';
import type { Metadata } from './discovery.ts';

/** Each of 33 random bytes, printed at once. */
const createRandomValues = (): readonly [state: string, nonce: string, codeVerifier: string] => {
  const text = randomBytes(99).toString('base64url');
  return [text.slice(0, 44), text.slice(44, 88), text.slice(88)];
};

/** The one redirect URI, made from the public URL alone. */
export const redirectUri = ({ publicUrl }: ResolvedOptions): string => `${publicUrl}${paths.callback}`;

/** What is the same in every authorization request. */
interface Beginning {
  /** The endpoint as a URL prints it, without a query. */
  readonly address: string;
  readonly query: string;
}

const createBeginning = (metadata: Metadata, options: ResolvedOptions): Beginning => {
  const url = new URL(metadata.authorization_endpoint);
  const parameters = {
    ...options.authorizationParams,
    response_type: 'code',
    client_id: options.clientId,
    redirect_uri: redirectUri(options),
    scope: options.scope,
    code_challenge_method: 'S256',
  };
  const query = url.searchParams;
  for (const [name, value] of Object.entries(parameters)) query.set(name, value);
  for (const name of ['state', 'nonce', 'code_challenge']) query.delete(name);
  const text = query.toString();
  url.search = '';
  return { address: url.href, query: text };
};

const addHints = (text: string, hints: LoginHints): string => {
  const query = new URLSearchParams(text);
  for (const [name, value] of Object.entries(hints)) query.set(name, String(value));
  return query.toString();
};

/** Makes an authorization request with fresh `state`, `nonce` and PKCE. */
export type CreateRequest = (
  metadata: Metadata,
  hints: LoginHints,
) => { readonly url: string; readonly checks: AuthorizationChecks };

/** Makes the authorization requests of one client. @see RFC 7636 section 4.2 */
export const createRequests = (options: ResolvedOptions): CreateRequest => {
  const beginnings = new WeakMap<Metadata, Beginning>();
  const begin = (metadata: Metadata): Beginning => {
    const beginning = beginnings.get(metadata) ?? createBeginning(metadata, options);
    beginnings.set(metadata, beginning);
    return beginning;
  };
  return (metadata, given) => {
    const { hints, maxAge, acrValues } = tightenHints(options.authorizationParams, given);
    const [state, nonce, codeVerifier] = createRandomValues();
    const { address, query } = begin(metadata);
    const same = Object.keys(hints).length === 0 ? query : addHints(query, hints);
    const code_challenge = hash('sha256', codeVerifier, 'base64url');
    // Base64url is printed as it is in a query.
    return {
      url: `${address}?${same}&state=${state}&nonce=${nonce}&code_challenge=${code_challenge}`,
      checks: { state, nonce, codeVerifier, maxAge, acrValues },
    };
  };
};
