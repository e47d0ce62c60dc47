import * as client from 'openid-client';
import type { ResolvedOptions } from '../options.ts';
import { Problem } from '../problems.ts';
import type { Metadata } from './discovery.ts';
import { EndpointRefusal, parseErrorCode, parseObject } from './provider-errors.ts';
import type { ProviderHttp } from './provider-http.ts';

const challengeError = (response: Response): string | undefined =>
  /\berror="?([A-Za-z0-9_.:-]{1,64})/.exec(response.headers.get('www-authenticate') ?? '')?.[1];

const checkedFetch =
  (http: ProviderHttp, keep: (idToken: unknown) => void): client.CustomFetch =>
  async (url, { method, headers, body }) => {
    const text = body instanceof URLSearchParams ? body.toString() : undefined;
    const response = await http.send(url, { method, headers, body: text });
    const answer = parseObject(await response.clone().text());
    if (response.status !== 200) {
      const error = parseErrorCode(answer?.error) ?? challengeError(response);
      throw new EndpointRefusal('token endpoint', response, error);
    }
    if (!answer) return response;
    const { id_token, ...rest } = answer;
    keep(id_token);
    return new Response(JSON.stringify(rest), {
      status: 200,
      headers: { 'content-type': 'application/json' },
    });
  };

/** An openid-client configuration for one request; the ID token is set aside, for our own verification. */
export const createConfiguration = (
  metadata: Metadata,
  options: ResolvedOptions,
  { auth, http }: { readonly auth: client.ClientAuth; readonly http: ProviderHttp },
): { readonly config: client.Configuration; readonly idToken: () => string | undefined } => {
  let kept: unknown;
  const { userinfo_endpoint: _u, revocation_endpoint: _r, end_session_endpoint: _e, ...server } = metadata;
  const methods = [...metadata.token_endpoint_auth_methods_supported];
  const config = new client.Configuration(
    { ...server, token_endpoint_auth_methods_supported: methods },
    options.clientId,
    undefined,
    auth,
  );
  config.timeout = options.providerTimeout + 1;
  client.allowInsecureRequests(config);
  config[client.customFetch] = checkedFetch(http, (idToken) => {
    kept = idToken;
  });
  return { config, idToken: () => (typeof kept === 'string' ? kept : undefined) };
};

/** Requires that the access token is a Bearer token. @see RFC 6749 section 7.1 */
export const requireBearer = ({ token_type }: client.TokenEndpointResponse): void => {
  if (token_type === 'bearer') return;
  throw new Problem('provider_invalid_response', 'token_type is not Bearer');
};
