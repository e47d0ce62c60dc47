import { isLoopbackHost } from '../browser-security/loopback-host.ts';
import { Problem } from '../problems.ts';
import { EndpointRefusal, isTrouble, parseObject, providerProblem } from './provider-errors.ts';
import type { ProviderAnswer, ProviderHttp } from './provider-http.ts';

/** The part of the provider's metadata that is used. @see OpenID Connect Discovery section 3 */
export interface Metadata {
  readonly issuer: string;
  readonly authorization_endpoint: string;
  readonly token_endpoint: string;
  readonly jwks_uri: string;
  readonly userinfo_endpoint: string | undefined;
  readonly revocation_endpoint: string | undefined;
  readonly end_session_endpoint: string | undefined;
  readonly token_endpoint_auth_methods_supported: readonly string[];
  readonly authorization_response_iss_parameter_supported: boolean;
}

/** Lazy discovery: one request at a time, a pause after a failure, nothing bad kept. */
export interface Discovery {
  readonly current: () => Metadata | undefined;
  readonly require: () => Promise<Metadata>;
}

const unacceptable = (what: string): Problem =>
  new Problem('provider_invalid_response', `discovery: ${what}: look at OIDC_ISSUER`);

/** Where the metadata of an issuer is: a whole discovery URL is used as it is. */
export const discoveryUrl = (issuer: string): string =>
  issuer.includes('/.well-known/') ? issuer : `${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`;

const isEndpoint = (value: string): boolean => {
  if (!URL.canParse(value)) return false;
  const { protocol, hostname, username, password, hash } = new URL(value);
  if (username !== '' || password !== '' || hash !== '') return false;
  return protocol === 'https:' || (protocol === 'http:' && isLoopbackHost(hostname));
};

const isHttp = (url: unknown): boolean => typeof url === 'string' && /^http:/i.test(url);

/** A provider on https that names http on a loopback host would have our secret sent to a neighbour of ours. */
const optionalEndpoint = (document: Record<string, unknown>, name: string): string | undefined => {
  const value = document[name];
  if (value === undefined || value === null) return undefined;
  const isSafe =
    typeof value === 'string' && isEndpoint(value) && (!isHttp(value) || isHttp(document.issuer));
  if (!isSafe) throw unacceptable(`${name} is not an https URL`);
  return value;
};

const endpoint = (document: Record<string, unknown>, name: string): string => {
  const value = optionalEndpoint(document, name);
  if (value === undefined) throw unacceptable(`${name} is missing`);
  return value;
};

const checkIssuer = (found: unknown, configured: string): string => {
  if (typeof found !== 'string' || !isEndpoint(found)) throw unacceptable('issuer is missing or not https');
  const expected = configured.includes('/.well-known/')
    ? configured.split('/.well-known/', 1)[0]
    : configured;
  if (found.replace(/\/$/, '') !== expected?.replace(/\/$/, '')) throw unacceptable('issuer differs');
  return found;
};

/**
 * Reads the metadata of the configured issuer.
 *
 * @throws Problem `provider_invalid_response`.
 */
export const parseMetadata = (document: Record<string, unknown>, configured: string): Metadata => {
  const methods = document.token_endpoint_auth_methods_supported;
  return {
    issuer: checkIssuer(document.issuer, configured),
    authorization_endpoint: endpoint(document, 'authorization_endpoint'),
    token_endpoint: endpoint(document, 'token_endpoint'),
    jwks_uri: endpoint(document, 'jwks_uri'),
    userinfo_endpoint: optionalEndpoint(document, 'userinfo_endpoint'),
    revocation_endpoint: optionalEndpoint(document, 'revocation_endpoint'),
    end_session_endpoint: optionalEndpoint(document, 'end_session_endpoint'),
    token_endpoint_auth_methods_supported: Array.isArray(methods) ? methods.map(String) : [],
    authorization_response_iss_parameter_supported:
      document.authorization_response_iss_parameter_supported === true,
  };
};

const followOnce = async (http: ProviderHttp, url: string): Promise<ProviderAnswer> => {
  const response = await http.send(url, { headers: { accept: 'application/json' } });
  const location = response.header('location');
  if (![301, 302, 303, 307, 308].includes(response.status) || location === undefined) return response;
  if (!URL.canParse(location, url) || new URL(location, url).origin !== new URL(url).origin) {
    throw unacceptable('redirected to another origin');
  }
  return http.send(new URL(location, url).href, { headers: { accept: 'application/json' } });
};

const discover = async (http: ProviderHttp, issuer: string): Promise<Metadata> => {
  const response = await followOnce(http, discoveryUrl(issuer));
  if (isTrouble(response)) {
    throw providerProblem(new EndpointRefusal('discovery endpoint', response, undefined));
  }
  const document = response.status === 200 ? parseObject(response.text) : undefined;
  if (document === undefined) throw unacceptable(`status ${response.status} without a JSON object`);
  return parseMetadata(document, issuer);
};

/** Discovers the metadata of `issuer` when it is first required. `clock` gives milliseconds. */
export const createDiscovery = (http: ProviderHttp, issuer: string, clock: () => number): Discovery => {
  let metadata: Metadata | undefined;
  let running: Promise<Metadata> | undefined;
  let failure: { readonly problem: Problem; readonly until: number } | undefined;
  let failures = 0;
  const run = async (): Promise<Metadata> => {
    try {
      metadata = await discover(http, issuer);
      return metadata;
    } catch (error) {
      const problem = providerProblem(error);
      failure = { problem, until: clock() + Math.min(250 * 2 ** failures, 5000) };
      failures = Math.min(failures + 1, 8);
      throw problem;
    } finally {
      running = undefined;
    }
  };
  return {
    current: () => metadata,
    require: async () => {
      if (metadata) return metadata;
      if (running) return running;
      if (failure && clock() < failure.until) throw failure.problem;
      running = run();
      return running;
    },
  };
};
