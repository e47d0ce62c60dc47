import * as client from 'openid-client';
import type { ResolvedOptions } from '../options.ts';
import { Problem } from '../problems.ts';
import type { Metadata } from './discovery.ts';
import { EndpointRefusal, parseErrorCode, parseObject } from './provider-errors.ts';
import type { ProviderAnswer, ProviderHttp } from './provider-http.ts';

const unacceptable = (reason: string): Problem => new Problem('provider_invalid_response', reason);

const challengeError = (response: ProviderAnswer): string | undefined =>
  /\berror="?([A-Za-z0-9_.:-]{1,64})/.exec(response.header('www-authenticate') ?? '')?.[1];

/** Where the ID token waits for our own verification: under its own name openid-client would look at it. */
const setAside = 'id_token_set_aside';

const checkedFetch =
  (http: ProviderHttp): client.CustomFetch =>
  async (url, { method, headers, body }) => {
    const text = body instanceof URLSearchParams ? body.toString() : undefined;
    const response = await http.send(url, { method, headers, body: text });
    const answer = parseObject(response.text);
    if (response.status !== 200) {
      const error = parseErrorCode(answer?.error) ?? challengeError(response);
      throw new EndpointRefusal('token endpoint', response, error);
    }
    // Its first characters would stand in the log as the cause of a parser's error.
    if (!answer) throw unacceptable('the token response is not a JSON object');
    const { id_token, ...rest } = answer;
    // Printed and parsed once more it would be the same.
    return Object.assign(new Response(null), { json: async () => ({ ...rest, [setAside]: id_token }) });
  };

const createConfiguration = (
  metadata: Metadata,
  { clientId }: ResolvedOptions,
  { auth, http }: { readonly auth: client.ClientAuth; readonly http: ProviderHttp },
): client.Configuration => {
  const { userinfo_endpoint: _u, revocation_endpoint: _r, end_session_endpoint: _e, ...server } = metadata;
  const methods = [...metadata.token_endpoint_auth_methods_supported];
  const config = new client.Configuration(
    { ...server, token_endpoint_auth_methods_supported: methods },
    clientId,
    undefined,
    auth,
  );
  // Our own requests are limited already.
  config.timeout = 0;
  client.allowInsecureRequests(config);
  config[client.customFetch] = checkedFetch(http);
  return config;
};

/** The openid-client configuration for a way of authenticating. */
export type Configure = (metadata: Metadata, auth: client.ClientAuth) => client.Configuration;

/** Makes each configuration once: making one copies and checks the metadata. */
export const createConfigurations = (options: ResolvedOptions, http: ProviderHttp): Configure => {
  const known = new WeakMap<Metadata, Map<client.ClientAuth, client.Configuration>>();
  return (metadata, auth) => {
    const ofMetadata = known.get(metadata) ?? new Map<client.ClientAuth, client.Configuration>();
    const config = ofMetadata.get(auth) ?? createConfiguration(metadata, options, { auth, http });
    known.set(metadata, ofMetadata.set(auth, config));
    return config;
  };
};

/** The ID token of a token response, not verified yet. */
export const readIdToken = ({ [setAside]: idToken }: client.TokenEndpointResponse): string | undefined =>
  typeof idToken === 'string' ? idToken : undefined;

/** Requires a Bearer token that a header can carry. @see RFC 6749 sections 7.1 and A.12 */
export const requireBearer = ({ token_type, access_token }: client.TokenEndpointResponse): void => {
  if (token_type !== 'bearer') throw unacceptable('token_type is not Bearer');
  if (!/^[\x20-\x7e]+$/.test(access_token)) throw unacceptable('the access token holds odd characters');
};

/** Seconds: no session lasts longer, and a number without bounds is lost when it is stored. */
const longestLife = 366 * 86_400;

/** When the access token expires, in milliseconds; `undefined` when the provider did not say. */
export const readExpiry = (
  { expires_in }: client.TokenEndpointResponse,
  { clock }: ResolvedOptions,
): number | undefined =>
  expires_in === undefined ? undefined : clock() + Math.min(expires_in, longestLife) * 1000;
