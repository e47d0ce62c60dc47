import { hash, randomBytes } from 'node:crypto';
import {
  buildAuthorizationUrl,
  buildAuthorizationUrlWithJAR,
  buildAuthorizationUrlWithPAR,
  type Configuration,
  modifyAssertion,
} from 'openid-client';
import { logEvent } from '../events.ts';
import { Problem } from '../problems.ts';
import { type AuthorizationChecks, type LoginHints, tightenHints } from './authorization-policy.ts';
import { readSigningKey } from './client-credentials.ts';
import type { Metadata } from './metadata.ts';
import { nameAlgorithm } from './openid-client.ts';
import type { ProviderContext } from './provider-context.ts';
import { findRefusal, isTrouble, providerProblem } from './provider-errors.ts';
import { needsOwnCallback, redirectUri } from './redirect-uri.ts';

/** The URL with each parameter once: openid-client adds to what an endpoint has of its own. */
export const replaceParameters = (url: URL, parameters: URLSearchParams): string => {
  const replaced = new URL(url);
  for (const name of parameters.keys()) replaced.searchParams.delete(name);
  for (const [name, value] of parameters) replaced.searchParams.append(name, value);
  return replaced.href;
};

/** 264 random bits. */
const createRandomValue = (): string => randomBytes(33).toString('base64url');

/** Where the browser goes to sign in, and what its return is checked against. */
interface AuthorizationRequest {
  readonly url: string;
  readonly checks: AuthorizationChecks;
}

/** The request signed with the client's key; beside it stands what OpenID Connect wants in plain. @see RFC 9101 section 5 */
const signRequest = async (
  { credentials }: ProviderContext,
  { config, metadata }: { readonly config: Configuration; readonly metadata: Metadata },
  parameters: URLSearchParams,
): Promise<URLSearchParams> => {
  const sent = new URLSearchParams();
  for (const name of ['response_type', 'scope', 'client_id']) sent.set(name, parameters.get(name) ?? '');
  const { alg, kid, key } = await readSigningKey(credentials());
  const signed = await buildAuthorizationUrlWithJAR(
    config,
    parameters,
    { key, kid },
    {
      [modifyAssertion]: (header) => {
        header.alg = nameAlgorithm(alg, metadata.request_object_signing_alg_values_supported);
      },
    },
  );
  sent.set('request', signed.searchParams.get('request') ?? '');
  return sent;
};

/** The address with a reference to the pushed request; `undefined` where the plain one may be used instead. */
const pushRequest = async (
  { authenticated, options, log }: ProviderContext,
  metadata: Metadata,
  parameters: URLSearchParams,
): Promise<URL | undefined> => {
  const { pushed_authorization_request_endpoint: endpoint, require_pushed_authorization_requests } = metadata;
  const isRequired = options.par === 'always' || require_pushed_authorization_requests;
  if (options.par === 'never' || (endpoint === undefined && !isRequired)) return undefined;
  if (endpoint === undefined)
    throw new Problem(
      'provider_invalid_response',
      'discovery: there is no usable pushed_authorization_request_endpoint: look at OIDC_PAR',
    );
  try {
    return await authenticated(metadata, 'pushed_authorization_request_endpoint', (config) =>
      buildAuthorizationUrlWithPAR(config, parameters),
    );
  } catch (error) {
    const refusal = findRefusal(error);
    if (isRequired || refusal === undefined || isTrouble(refusal)) throw providerProblem(error);
    logEvent(log, 'pushed_request_refused', { err: error });
    return undefined;
  }
};

const locate = async (
  context: ProviderContext,
  metadata: Metadata,
  parameters: URLSearchParams,
): Promise<string> => {
  const config = context.openidClient.configure(metadata, 'client_secret_basic');
  const isSigned = context.options.signedRequest === 'on';
  const sent = isSigned ? await signRequest(context, { config, metadata }, parameters) : parameters;
  const pushed = await pushRequest(context, metadata, sent);
  return pushed?.href ?? replaceParameters(buildAuthorizationUrl(config, sent), sent);
};

/** Makes an authorization request with fresh `state`, `nonce` and PKCE. @see RFC 7636 section 4.2 */
export const createAuthorizationRequest = async (
  context: ProviderContext,
  given: LoginHints,
): Promise<AuthorizationRequest> => {
  const { discovery, options } = context;
  const metadata = await discovery.require();
  const { hints, maxAge, acrValues } = tightenHints(options.authorizationParams, given);
  const [state, nonce, codeVerifier] = [createRandomValue(), createRandomValue(), createRandomValue()];
  const hasOwnCallback = needsOwnCallback(options, metadata);
  const hinted = Object.entries(hints).map(([name, value]) => [name, String(value)]);
  const parameters = new URLSearchParams({
    ...options.authorizationParams,
    ...Object.fromEntries(hinted),
    response_type: 'code',
    client_id: options.clientId,
    redirect_uri: redirectUri(options, hasOwnCallback),
    scope: options.scope,
    state,
    nonce,
    code_challenge: hash('sha256', codeVerifier, 'base64url'),
    code_challenge_method: 'S256',
  });
  if (options.resources.length > 0) parameters.delete('resource');
  for (const resource of options.resources) parameters.append('resource', resource);
  const url = await locate(context, metadata, parameters);
  return { url, checks: { state, nonce, codeVerifier, maxAge, acrValues, hasOwnCallback } };
};
