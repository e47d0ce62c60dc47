import { z } from 'zod';
import { check, option, type Refuse, text } from './option.ts';
import { duration } from './quantities.ts';
import { isResource, readSafeUrl } from './urls.ts';

/** Signature algorithms by which the provider alone can have signed. @see RFC 7518 section 3.1 */
export const asymmetricAlgorithms: readonly string[] = [
  ...['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512'],
  ...['ES256', 'ES384', 'ES512', 'EdDSA', 'Ed25519'],
];

/** Parameters of the authorization request that only Foyer sets. */
const reservedParams = [
  ...['response_type', 'client_id', 'redirect_uri', 'scope', 'state', 'nonce', 'code_challenge'],
  ...['code_challenge_method', 'response_mode', 'request', 'request_uri', 'client_secret'],
];

const checkDiscoveryUrl = (discoveryUrl: string, refuse: Refuse): void => {
  if (readSafeUrl(discoveryUrl, refuse)?.hash) refuse('has a fragment', 'Leave the part from # on out.');
};

const checkIssuer = (issuer: string, refuse: Refuse): void => {
  checkDiscoveryUrl(issuer, refuse);
  const url = URL.parse(issuer);
  if (url !== null && url.search !== '' && !url.pathname.includes('/.well-known/'))
    refuse('has a query', 'Leave the part from ? on out.');
};

const checkLogoutUrl = (logoutUrl: string, refuse: Refuse): void => {
  readSafeUrl(logoutUrl.replaceAll(/\{(client_id|return_to)\}/g, 'x'), refuse);
};

const noTenant = 'holds something that is no id of a tenant';
const tenants = z
  .array(z.string().regex(/^(\*|[\w.-]{1,64})$/, noTenant))
  .min(1, noTenant)
  .readonly();

const checkResource = (resource: string, refuse: Refuse): void => {
  if (!URL.canParse(resource)) refuse('holds something that is not a URL');
  else if (!isResource(resource)) refuse('holds a URL with a fragment', 'Leave the part from # on out.');
};

const checkParams = (params: Readonly<Record<string, string>>, refuse: Refuse): void => {
  for (const name of Object.keys(params))
    if (reservedParams.includes(name)) refuse(`sets ${name}, which only Foyer sets`, 'Leave it out.');
};

const scope = z.string().refine((words) => words.split(' ').includes('openid'), 'does not contain openid');

const algorithm = z
  .string()
  .refine((alg) => asymmetricAlgorithms.includes(alg), 'is not an accepted signature algorithm');

/** Who the provider is, and how it is asked. */
export const providerOptions = {
  /**
   * Issuer, with or without the trailing slash, or a whole discovery URL; https, or http on a loopback host. Default: required,
   * unless `providers` names several.
   */
  issuer: option('OIDC_ISSUER', text(checkIssuer), {
    aliases: ['AUTH_URL', 'PLUSAUTH_ISSUER', 'PLUSAUTH_ISSUER_URL'],
    remedy: 'Copy the issuer from the provider: https://tenant.example.',
  }),
  /** Where the metadata is when that is not below the issuer; the issuer in it has to be `issuer`. Default: below the issuer. */
  discoveryUrl: option('OIDC_DISCOVERY_URL', text(checkDiscoveryUrl).optional(), {
    remedy: 'Copy the address of the metadata from the provider.',
  }),
  /**
   * Ids of the tenants that may sign in where the provider’s metadata is that of many tenants (Entra ID’s `common` and
   * `organizations`); `*` is any tenant. Default: none.
   */
  tenants: option('OIDC_TENANTS', tenants.optional(), {
    form: 'list',
    remedy: 'Copy the ids from the provider: 72f988bf-86f1-41af-91ab-2d7cd011db47.',
  }),
  /**
   * For providers whose logout has an address of its own: a URL in which `{client_id}` and `{return_to}` are filled in.
   * Default: none.
   */
  logoutUrl: option('OIDC_LOGOUT_URL', text(checkLogoutUrl).optional(), {
    remedy: 'Give it as https://tenant.example/v2/logout?client_id={client_id}&returnTo={return_to}.',
  }),
  /** Scopes that are requested, `openid` among them; `offline_access` is for refresh tokens. Default `openid profile email`. */
  scope: option('OIDC_SCOPE', scope.default('openid profile email'), {
    remedy: 'Add it: openid profile email.',
  }),
  /** More parameters of the authorization request. Default: none. */
  authorizationParams: option(
    'OIDC_AUTHORIZATION_PARAMS',
    z.record(z.string(), z.string()).readonly().superRefine(check(checkParams)).default({}),
    { form: 'query', remedy: 'Write it as audience=https://api.example&prompt=consent.' },
  ),
  /** URLs of the APIs that the sign-in asks for (RFC 8707); `token` of an API route chooses one of them. Default: none. */
  resources: option('OIDC_RESOURCES', z.array(text(checkResource)).readonly().default([]), {
    form: 'list',
    remedy: 'Write it as https://users.example/,https://orders.example/.',
  }),
  /**
   * The one accepted signature algorithm of ID tokens; `none` and HS* are refused always. Default: every asymmetric one that
   * the metadata lists, `RS256` where it lists none.
   */
  idTokenAlg: option('OIDC_ID_TOKEN_ALG', algorithm.optional(), {
    remedy: `Use one of ${asymmetricAlgorithms.join(', ')}.`,
  }),
  /** How far the provider’s clock may be off, in seconds or as a text such as `30s`. Default 30 seconds. */
  clockTolerance: option('OIDC_CLOCK_TOLERANCE', duration(0, 600).default(30)),
  /**
   * How long a request to the provider may take, in seconds or as a text such as `5s`; `HTTPS_PROXY`, `HTTP_PROXY` and
   * `NO_PROXY` are honoured on the way. Default 5 seconds.
   */
  providerTimeout: option('OIDC_TIMEOUT', duration(0.05, 300).default(5)),
} as const;
