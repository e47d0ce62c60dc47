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

/** Who the provider is, and how it is asked. */
export const providerOptions = {
  /** The issuer, with or without the trailing slash, or a whole discovery URL. https, or http on a loopback host. */
  issuer: option(text(checkIssuer), {
    variable: 'OIDC_ISSUER',
    aliases: ['AUTH_URL', 'PLUSAUTH_ISSUER', 'PLUSAUTH_ISSUER_URL'],
    meaning:
      'Issuer, with or without the trailing slash, or a whole discovery URL; https, or http on a loopback host',
    remedy: 'Copy the issuer from the provider: https://tenant.example.',
  }),
  /** Where the metadata is when that is not below the issuer; its `issuer` has to be the configured one. Default: below the issuer. */
  discoveryUrl: option(text(checkDiscoveryUrl).optional(), {
    variable: 'OIDC_DISCOVERY_URL',
    defaultInWords: 'below the issuer',
    meaning:
      'Where the metadata is when that is not below the issuer; the `issuer` in it has to be `OIDC_ISSUER`',
    remedy: 'Copy the address of the metadata from the provider.',
  }),
  /** Tenants that may sign in where the metadata is that of many: the issuer has `{tenantid}` in it. Default: none. */
  tenants: option(tenants.optional(), {
    variable: 'OIDC_TENANTS',
    form: 'list',
    meaning:
      'Comma list of tenant ids that may sign in where the provider’s metadata is that of many tenants (Entra ID’s `common` and `organizations`); `*` is any tenant',
    remedy: 'Copy the ids from the provider: 72f988bf-86f1-41af-91ab-2d7cd011db47.',
  }),
  /** For providers whose logout has an address of its own; `{client_id}` and `{return_to}` are filled in. */
  logoutUrl: option(text(checkLogoutUrl).optional(), {
    variable: 'OIDC_LOGOUT_URL',
    meaning:
      'For providers whose logout has an address of its own: a URL in which `{client_id}` and `{return_to}` are filled in',
    remedy: 'Give it as https://tenant.example/v2/logout?client_id={client_id}&returnTo={return_to}.',
  }),
  /** Scopes that are requested, `openid` among them. Default `openid profile email`. */
  scope: option(
    z
      .string()
      .refine((scope) => scope.split(' ').includes('openid'), 'does not contain openid')
      .default('openid profile email'),
    {
      variable: 'OIDC_SCOPE',
      meaning: 'Scopes that are requested. Add `offline_access` for refresh tokens',
      remedy: 'Add it: openid profile email.',
    },
  ),
  /** More authorization request parameters. Default: none. */
  authorizationParams: option(
    z.record(z.string(), z.string()).readonly().superRefine(check(checkParams)).default({}),
    {
      variable: 'OIDC_AUTHORIZATION_PARAMS',
      form: 'query',
      meaning:
        'More authorization request parameters, as a query string: `audience=https://api.example&prompt=consent`',
      remedy: 'Write it as audience=https://api.example&prompt=consent.',
    },
  ),
  /** URLs of the APIs that the sign-in asks for; `token` of an API route may choose one of them later. Default: none. */
  resources: option(z.array(text(checkResource)).readonly().default([]), {
    variable: 'OIDC_RESOURCES',
    form: 'list',
    meaning:
      'URLs of the APIs that the sign-in asks for (RFC 8707), comma-separated; `token` of an API route chooses one of them',
    remedy: 'Write it as https://users.example/,https://orders.example/.',
  }),
  /** The one accepted signature algorithm. Default: every asymmetric one that the metadata lists, `RS256` where it lists none. */
  idTokenAlg: option(
    z
      .string()
      .refine((alg) => asymmetricAlgorithms.includes(alg), 'is not an accepted signature algorithm')
      .optional(),
    {
      variable: 'OIDC_ID_TOKEN_ALG',
      defaultInWords: 'every asymmetric one that the metadata lists',
      meaning: 'The one accepted signature algorithm; `none` and HS* are refused always',
      remedy: `Use one of ${asymmetricAlgorithms.join(', ')}.`,
    },
  ),
  /** How far the provider's clock may be off, in seconds or as a text such as `30s`. Default 30 seconds. */
  clockTolerance: option(duration(0, 600).default(30), {
    variable: 'OIDC_CLOCK_TOLERANCE',
    meaning: 'How far the provider’s clock may be off',
  }),
  /** How long a request to the provider may take, in seconds or as a text such as `5s`. Default 5 seconds. */
  providerTimeout: option(duration(0.05, 300).default(5), {
    variable: 'OIDC_TIMEOUT',
    meaning:
      'Time limit of every request to the provider. `HTTPS_PROXY`, `HTTP_PROXY` and `NO_PROXY` are honoured on the way to it',
  }),
} as const;
