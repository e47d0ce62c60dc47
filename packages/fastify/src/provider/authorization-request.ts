import { hash, randomBytes } from 'node:crypto';
import {
  buildAuthorizationUrl,
  buildAuthorizationUrlWithJAR,
  buildAuthorizationUrlWithPAR,
} from 'openid-client';
import { logEvent } from '../events.ts';
import { Problem } from '../problems.ts';
import { type AuthorizationChecks, type LoginHints, tightenHints } from './authorization-policy.ts';
import { runAuthenticated } from './client-authentication.ts';
import { parseObject } from './json-object.ts';
import { type ReadAnswer, readSigningKey } from './openid-client.ts';
import type { DiscoveredProvider, ProviderContext } from './provider-context.ts';
import { findProblem, findRefusal, isTrouble, providerProblem, readRefusal } from './provider-errors.ts';
import { needsOwnCallback, redirectUri } from './return-addresses.ts';

/** The URL with each parameter once: openid-client adds to what an endpoint has of its own. */
export const replaceParameters = (url: URL, parameters: URLSearchParams): string => {
  if (url.searchParams.size === parameters.size) return url.href;
  const replaced = new URL(url);
  for (const name of parameters.keys()) replaced.searchParams.delete(name);
  for (const [name, value] of parameters) replaced.searchParams.append(name, value);
  return replaced.href;
};

/** The request signed with the client's key; beside it stands what OpenID Connect wants in plain. @see RFC 9101 section 5 */
const signRequest = async (
  { credentials }: ProviderContext,
  { metadata, config }: DiscoveredProvider,
  parameters: URLSearchParams,
): Promise<URLSearchParams> => {
  const key = await readSigningKey(credentials(), metadata.request_object_signing_alg_values_supported);
  const signed = await buildAuthorizationUrlWithJAR(config, parameters, ...key);
  const sent = new URLSearchParams();
  for (const name of ['response_type', 'scope', 'client_id']) sent.set(name, parameters.get(name) ?? '');
  sent.set('request', signed.searchParams.get('request') ?? '');
  return sent;
};

/** Some providers answer 200 where 201 is due. @see RFC 9126 section 2.2 */
const readPushed: ReadAnswer = async (answer) => {
  if (answer.status !== 200 && answer.status !== 201)
    throw readRefusal('pushed authorization request endpoint', answer);
  const request_uri = parseObject(answer.text)?.request_uri;
  if (typeof request_uri !== 'string' || request_uri === '')
    throw new Problem('provider_invalid_response', 'the pushed authorization request got no request_uri');
  // The browser goes there at once: how long the reference lives is of no use to us.
  return Response.json({ request_uri, expires_in: 1 }, { status: 201 });
};

/** Whether an endpoint refuses, or answers something else than a reference; one that is in trouble may be used later. */
const isUseless = (error: unknown): boolean => {
  const refusal = findRefusal(error);
  return refusal === undefined
    ? findProblem(error)?.code === 'provider_invalid_response'
    : !isTrouble(refusal);
};

/** The address with a reference to the pushed request; `undefined` where the plain one may be used instead. */
const pushRequest = async (
  context: ProviderContext,
  { metadata, config }: DiscoveredProvider,
  parameters: URLSearchParams,
): Promise<URL | undefined> => {
  const { discovery, options, log } = context;
  const { pushed_authorization_request_endpoint: address, require_pushed_authorization_requests } = metadata;
  const isRequired = options.par === 'always' || require_pushed_authorization_requests;
  if (options.par === 'never' || (address === undefined && !isRequired)) return undefined;
  if (address === undefined)
    throw new Problem(
      'provider_invalid_response',
      'discovery: there is no usable pushed_authorization_request_endpoint: look at OIDC_PAR',
    );
  const endpoint = 'pushed_authorization_request_endpoint';
  try {
    return await runAuthenticated(context, { endpoint, read: readPushed }, () =>
      buildAuthorizationUrlWithPAR(config, parameters),
    );
  } catch (error) {
    discovery.doubt();
    if (isRequired || !isUseless(error)) throw providerProblem(error);
    logEvent(log, 'pushed_request_refused', { err: error });
    return undefined;
  }
};

/** 264 random bits. */
const createRandomValue = (): string => randomBytes(33).toString('base64url');

/** Where the browser goes to sign in, and what its return is checked against. */
interface AuthorizationRequest {
  readonly url: string;
  readonly checks: AuthorizationChecks;
}

const createParameters = (
  { options }: ProviderContext,
  hints: Readonly<Record<string, string | number | undefined>>,
  { state, nonce, codeVerifier, hasOwnCallback }: AuthorizationChecks,
): URLSearchParams => {
  const parameters = new URLSearchParams({
    ...options.authorizationParams,
    ...Object.fromEntries(
      Object.entries(hints).flatMap(([name, value]) => (value === undefined ? [] : [[name, String(value)]])),
    ),
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
  return parameters;
};

/**
 * Makes an authorization request with fresh `state`, `nonce` and PKCE; `carried` stands behind the random value of `state`.
 *
 * @see RFC 7636 section 4.2
 */
export const createAuthorizationRequest = async (
  context: ProviderContext,
  given: LoginHints,
  carried?: string,
): Promise<AuthorizationRequest> => {
  const { options } = context;
  const provider = await context.discovered();
  const { hints, ...required } = tightenHints(options.authorizationParams, given);
  const random = createRandomValue();
  const checks = {
    ...required,
    state: carried === undefined ? random : `${random}.${carried}`,
    nonce: createRandomValue(),
    codeVerifier: createRandomValue(),
    hasOwnCallback: needsOwnCallback(options, provider.metadata),
  };
  const plain = createParameters(context, hints, checks);
  const sent = options.signedRequest === 'on' ? await signRequest(context, provider, plain) : plain;
  const pushed = await pushRequest(context, provider, sent);
  const url = pushed?.href ?? replaceParameters(buildAuthorizationUrl(provider.config, sent), sent);
  return { url, checks };
};
