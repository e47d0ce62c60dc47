import type { ResolvedOptions } from '../options.ts';
import { Problem } from '../problems.ts';
import { tenantOf } from './checks/issuer.ts';
import { isEndpoint, readEndpoint } from './endpoint.ts';
import { isAbsent, isObject, type JsonObject } from './json-object.ts';
import { cleanText } from './provider-errors.ts';

/** The part of the provider's metadata that is used. @see OpenID Connect Discovery section 3 */
export interface Metadata {
  readonly issuer: string;
  readonly authorization_endpoint: string;
  readonly token_endpoint: string;
  readonly jwks_uri: string;
  readonly userinfo_endpoint?: string;
  readonly revocation_endpoint?: string;
  readonly end_session_endpoint?: string;
  readonly pushed_authorization_request_endpoint?: string;
  readonly require_pushed_authorization_requests: boolean;
  readonly token_endpoint_auth_methods_supported: string[];
  readonly revocation_endpoint_auth_methods_supported: string[];
  readonly id_token_signing_alg_values_supported: string[];
  readonly token_endpoint_auth_signing_alg_values_supported: string[];
  readonly request_object_signing_alg_values_supported: string[];
  readonly authorization_response_iss_parameter_supported: boolean;
  /** Where those endpoints are for a client that shows its certificate. @see RFC 8705 section 5 */
  readonly mtls_endpoint_aliases: Readonly<Record<string, string>>;
}

/** Metadata, and the names of the optional endpoints that cannot be used. */
export interface ParsedMetadata {
  readonly metadata: Metadata;
  readonly ignored: readonly string[];
}

/** Where the metadata is looked for, and whose it has to be. */
export type IssuerOptions = Pick<ResolvedOptions, 'issuer' | 'discoveryUrl' | 'tenants'>;

const optionalEndpoints = [
  ...(['userinfo_endpoint', 'revocation_endpoint', 'end_session_endpoint'] as const),
  'pushed_authorization_request_endpoint',
] as const;

const unacceptable = (what: string): Problem =>
  new Problem('provider_invalid_response', `discovery: ${what}`);

/** Where the metadata of an issuer is: a whole discovery URL is used as it is. */
export const metadataUrl = ({ issuer, discoveryUrl }: IssuerOptions): string => {
  if (discoveryUrl !== undefined) return discoveryUrl;
  return issuer.includes('/.well-known/')
    ? issuer
    : `${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`;
};

const requireEndpoint = (document: JsonObject, name: string): string => {
  if (isAbsent(document[name])) throw unacceptable(`${name} is missing: look at OIDC_ISSUER`);
  const value = readEndpoint(document, name);
  if (value === undefined) throw unacceptable(`${name} is not an https URL: look at OIDC_ISSUER`);
  return value;
};

const checkIssuer = (found: unknown, { issuer, discoveryUrl, tenants }: IssuerOptions): string => {
  if (typeof found !== 'string' || !isEndpoint(found))
    throw unacceptable('issuer is missing or not https: look at OIDC_ISSUER');
  const isWhole = discoveryUrl === undefined && issuer.includes('/.well-known/');
  const expected = isWhole ? issuer.slice(0, issuer.indexOf('/.well-known/')) : issuer;
  if (found.replace(/\/$/, '') === expected.replace(/\/$/, '')) return found;
  if (tenantOf(expected.replace(/\/$/, ''), found) !== undefined) {
    if (tenants !== undefined) return found;
    throw unacceptable('the metadata is that of many tenants: set OIDC_TENANTS to those that may sign in');
  }
  throw unacceptable(
    `the metadata names the issuer ${cleanText(found)}, and ${cleanText(expected)} is expected: set OIDC_ISSUER to ` +
      'the first, or OIDC_DISCOVERY_URL to where the metadata of the second is',
  );
};

/** A text in place of a list is the only one of it. */
const readTexts = (value: unknown): string[] =>
  [value]
    .flat()
    .filter((item) => typeof item === 'string')
    .filter((text) => text !== '');

/** Those of these endpoints that can be used. */
const readEndpoints = (document: JsonObject, names: readonly string[]): Readonly<Record<string, string>> =>
  Object.fromEntries(
    names.flatMap((name) => {
      const value = readEndpoint(document, name);
      return value === undefined ? [] : [[name, value]];
    }),
  );

const aliasedEndpoints: readonly string[] = [
  ...['token_endpoint', 'revocation_endpoint', 'userinfo_endpoint'],
  'pushed_authorization_request_endpoint',
];

/**
 * Reads the metadata of the configured issuer.
 *
 * @throws Problem `provider_invalid_response`.
 */
export const parseMetadata = (document: JsonObject, options: IssuerOptions): ParsedMetadata => {
  const { mtls_endpoint_aliases: aliases, ...members } = document;
  const methods = readTexts(members.token_endpoint_auth_methods_supported);
  const revocationMethods = readTexts(members.revocation_endpoint_auth_methods_supported);
  const usable: Pick<Metadata, (typeof optionalEndpoints)[number]> = readEndpoints(
    document,
    optionalEndpoints,
  );
  return {
    metadata: {
      issuer: checkIssuer(members.issuer, options),
      authorization_endpoint: requireEndpoint(document, 'authorization_endpoint'),
      token_endpoint: requireEndpoint(document, 'token_endpoint'),
      jwks_uri: requireEndpoint(document, 'jwks_uri'),
      ...usable,
      token_endpoint_auth_methods_supported: methods,
      revocation_endpoint_auth_methods_supported: revocationMethods.length > 0 ? revocationMethods : methods,
      id_token_signing_alg_values_supported: readTexts(members.id_token_signing_alg_values_supported),
      token_endpoint_auth_signing_alg_values_supported: readTexts(
        members.token_endpoint_auth_signing_alg_values_supported,
      ),
      request_object_signing_alg_values_supported: readTexts(
        members.request_object_signing_alg_values_supported,
      ),
      require_pushed_authorization_requests: members.require_pushed_authorization_requests === true,
      mtls_endpoint_aliases: readEndpoints(
        { ...(isObject(aliases) ? aliases : {}), issuer: members.issuer },
        aliasedEndpoints,
      ),
      authorization_response_iss_parameter_supported:
        members.authorization_response_iss_parameter_supported === true,
    },
    ignored: optionalEndpoints.filter((name) => usable[name] === undefined && !isAbsent(document[name])),
  };
};
