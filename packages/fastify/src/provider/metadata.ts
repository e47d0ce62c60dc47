import { z } from 'zod';
import { isLoopbackHost } from '../options/urls.ts';
import type { ResolvedOptions } from '../options.ts';
import { Problem } from '../problems.ts';
import { tenantOf } from './checks/issuer.ts';
import { cleanText, isAbsent, isObject, type JsonObject } from './json-object.ts';

/** A text in place of a list is the only one of it. */
const texts = z
  .unknown()
  .optional()
  .transform((value) =>
    [value].flat().filter((each): each is string => typeof each === 'string' && each !== ''),
  );
const flag = z.boolean().catch(false);

/** What a provider announces beside its endpoints; what is not of its type is not announced. */
const announced = z.object({
  token_endpoint_auth_methods_supported: texts,
  revocation_endpoint_auth_methods_supported: texts,
  id_token_signing_alg_values_supported: texts,
  token_endpoint_auth_signing_alg_values_supported: texts,
  request_object_signing_alg_values_supported: texts,
  require_pushed_authorization_requests: flag,
  authorization_response_iss_parameter_supported: flag,
});

/** The part of the provider's metadata that is used. @see OpenID Connect Discovery section 3 */
export interface Metadata extends z.output<typeof announced> {
  readonly issuer: string;
  readonly authorization_endpoint: string;
  readonly token_endpoint: string;
  readonly jwks_uri: string;
  readonly userinfo_endpoint?: string;
  readonly revocation_endpoint?: string;
  readonly end_session_endpoint?: string;
  readonly pushed_authorization_request_endpoint?: string;
  /** Where those endpoints are for a client that shows its certificate. @see RFC 8705 section 5 */
  readonly mtls_endpoint_aliases: Readonly<Record<string, string>>;
}

/** Metadata, and the names of the optional endpoints that cannot be used. */
interface ParsedMetadata {
  readonly metadata: Metadata;
  readonly ignored: readonly string[];
}

/** Where the metadata is looked for, and whose it has to be. */
export type IssuerOptions = Pick<ResolvedOptions, 'issuer' | 'discoveryUrl' | 'tenants'>;

const optionalEndpoints = [
  ...(['userinfo_endpoint', 'revocation_endpoint', 'end_session_endpoint'] as const),
  'pushed_authorization_request_endpoint',
] as const;

/** https, or http on a loopback host, without credentials and fragment. */
const isEndpoint = (value: unknown): value is string => {
  if (typeof value !== 'string' || !URL.canParse(value)) return false;
  const { protocol, hostname, username, password, hash } = new URL(value);
  if (username !== '' || password !== '' || hash !== '') return false;
  return protocol === 'https:' || (protocol === 'http:' && isLoopbackHost(hostname));
};

const isHttp = (url: unknown): boolean => typeof url === 'string' && /^http:/i.test(url);

/**
 * An endpoint of the metadata; `undefined` for one that cannot be used. A provider on https that names http on a loopback
 * host would have our secret sent to a neighbour of ours.
 */
export const readEndpoint = (document: JsonObject, name: string): string | undefined => {
  const value = document[name];
  return isEndpoint(value) && (!isHttp(value) || isHttp(document.issuer)) ? value : undefined;
};

const unacceptable = (what: string): Problem =>
  new Problem('provider_invalid_response', `discovery: ${what}`);

/** Where the metadata of an issuer is: a whole discovery URL is used as it is. */
export const metadataUrl = ({ issuer, discoveryUrl }: IssuerOptions): string => {
  if (discoveryUrl !== undefined) return discoveryUrl;
  return issuer.includes('/.well-known/') ? issuer : `${bareIssuer(issuer)}/.well-known/openid-configuration`;
};

/** A configured issuer, which may be a discovery URL, without the slash at its end. */
export const bareIssuer = (issuer: string): string =>
  issuer.replace(/\/\.well-known\/.*$/, '').replace(/\/$/, '');

const requireEndpoint = (document: JsonObject, name: string): string => {
  if (isAbsent(document[name])) throw unacceptable(`${name} is missing: look at OIDC_ISSUER`);
  const value = readEndpoint(document, name);
  if (value === undefined) throw unacceptable(`${name} is not an https URL: look at OIDC_ISSUER`);
  return value;
};

const checkIssuer = (found: unknown, { issuer, discoveryUrl, tenants }: IssuerOptions): string => {
  if (!isEndpoint(found)) throw unacceptable('issuer is missing or not https: look at OIDC_ISSUER');
  const expected = discoveryUrl === undefined ? bareIssuer(issuer) : issuer.replace(/\/$/, '');
  if (found.replace(/\/$/, '') === expected) return found;
  if (tenantOf(expected, found) !== undefined) {
    if (tenants !== undefined) return found;
    throw unacceptable('the metadata is that of many tenants: set OIDC_TENANTS to those that may sign in');
  }
  throw unacceptable(
    `the metadata names the issuer ${cleanText(found)}, and ${cleanText(expected)} is expected: set OIDC_ISSUER to ` +
      'the first, or OIDC_DISCOVERY_URL to where the metadata of the second is',
  );
};

/** Those of these endpoints that can be used. */
const readEndpoints = (document: JsonObject, names: readonly string[]): Readonly<Record<string, string>> =>
  Object.fromEntries(
    names.flatMap((name) => {
      const value = readEndpoint(document, name);
      return value === undefined ? [] : [[name, value]];
    }),
  );

/**
 * Reads the metadata of the configured issuer.
 *
 * @throws Problem `provider_invalid_response`.
 */
export const parseMetadata = (document: JsonObject, options: IssuerOptions): ParsedMetadata => {
  const { issuer, mtls_endpoint_aliases: aliases } = document;
  const members = announced.parse(document);
  const { token_endpoint_auth_methods_supported: methods, revocation_endpoint_auth_methods_supported: own } =
    members;
  const usable: Pick<Metadata, (typeof optionalEndpoints)[number]> = readEndpoints(
    document,
    optionalEndpoints,
  );
  return {
    metadata: {
      ...members,
      ...usable,
      revocation_endpoint_auth_methods_supported: own.length > 0 ? own : methods,
      issuer: checkIssuer(issuer, options),
      authorization_endpoint: requireEndpoint(document, 'authorization_endpoint'),
      token_endpoint: requireEndpoint(document, 'token_endpoint'),
      jwks_uri: requireEndpoint(document, 'jwks_uri'),
      mtls_endpoint_aliases: readEndpoints({ ...(isObject(aliases) ? aliases : {}), issuer }, [
        'token_endpoint',
        ...optionalEndpoints,
      ]),
    },
    ignored: optionalEndpoints.filter((name) => usable[name] === undefined && !isAbsent(document[name])),
  };
};
