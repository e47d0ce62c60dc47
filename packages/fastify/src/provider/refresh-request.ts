import * as client from 'openid-client';
import type { ResolvedOptions } from '../options.ts';
import type { ClientCredentials } from './client-authentication.ts';
import type { Metadata } from './discovery.ts';
import type { ProviderHttp } from './provider-http.ts';
import { parseTokenResponse, readTokenAnswer, type TokenResponse } from './token-endpoint.ts';

/** Where the ID token waits for our own verification: under its own name openid-client would look at it. */
const setAside = 'id_token_set_aside';

const checkedFetch =
  (http: ProviderHttp): client.CustomFetch =>
  async (url, { method, headers, body }) => {
    const text = body instanceof URLSearchParams ? body.toString() : undefined;
    const { id_token, ...rest } = readTokenAnswer(await http.send(url, { method, headers, body: text }));
    return Response.json({ ...rest, [setAside]: id_token });
  };

const setCredentials =
  (credentials: ClientCredentials): client.ClientAuth =>
  (_server, _client, body, headers) => {
    for (const [name, value] of Object.entries(credentials.headers)) headers.set(name, value);
    for (const [name, value] of Object.entries(credentials.parameters)) body.set(name, value);
  };

const createConfiguration = (
  metadata: Metadata,
  { clientId }: ResolvedOptions,
  { credentials, http }: { readonly credentials: ClientCredentials; readonly http: ProviderHttp },
): client.Configuration => {
  const { userinfo_endpoint: _u, revocation_endpoint: _r, end_session_endpoint: _e, ...server } = metadata;
  const methods = [...metadata.token_endpoint_auth_methods_supported];
  const config = new client.Configuration(
    { ...server, token_endpoint_auth_methods_supported: methods },
    clientId,
    undefined,
    setCredentials(credentials),
  );
  // Our own requests are limited already.
  config.timeout = 0;
  client.allowInsecureRequests(config);
  config[client.customFetch] = checkedFetch(http);
  return config;
};

/** Asks for new tokens. */
export type RequestRefresh = (
  metadata: Metadata,
  refreshToken: string,
  credentials: ClientCredentials,
) => Promise<TokenResponse>;

/** Makes each configuration once: making one copies and checks the metadata. @see RFC 6749 section 6 */
export const createRefreshRequests = (options: ResolvedOptions, http: ProviderHttp): RequestRefresh => {
  const known = new WeakMap<Metadata, Map<ClientCredentials, client.Configuration>>();
  const configure = (metadata: Metadata, credentials: ClientCredentials): client.Configuration => {
    const ofMetadata = known.get(metadata) ?? new Map<ClientCredentials, client.Configuration>();
    const config =
      ofMetadata.get(credentials) ?? createConfiguration(metadata, options, { credentials, http });
    known.set(metadata, ofMetadata.set(credentials, config));
    return config;
  };
  return async (metadata, refreshToken, credentials) => {
    const answer = await client.refreshTokenGrant(configure(metadata, credentials), refreshToken);
    return parseTokenResponse({ ...answer, id_token: answer[setAside] }, options);
  };
};
