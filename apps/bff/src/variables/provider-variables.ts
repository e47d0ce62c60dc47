import { parseClientAuth, parseDuration, parseQuery, parseText } from '../parsers.ts';
import { variable } from './variable.ts';

/** Who the provider is, and how it is asked. */
export const providerVariables = {
  OIDC_ISSUER: variable(parseText, {
    option: 'issuer',
    isRequired: true,
    aliases: ['AUTH_URL', 'PLUSAUTH_ISSUER_URL'],
    meaning:
      'Issuer, with or without the trailing slash, or a whole discovery URL; https, or http on a loopback host',
  }),
  OIDC_CLIENT_ID: variable(parseText, {
    option: 'clientId',
    isRequired: true,
    aliases: ['CLIENT_ID', 'PLUSAUTH_CLIENT_ID'],
    meaning: 'The client that is registered at the provider',
  }),
  OIDC_CLIENT_SECRET: variable(parseText, {
    option: 'clientSecret',
    isRequired: true,
    aliases: ['CLIENT_SECRET', 'PLUSAUTH_CLIENT_SECRET'],
    meaning: 'Its secret',
  }),
  OIDC_CLIENT_AUTH: variable(parseClientAuth, {
    option: 'clientAuth',
    otherwise: 'what the metadata lists, basic first',
    meaning: '`client_secret_basic` or `client_secret_post`',
  }),
  OIDC_LOGOUT_URL: variable(parseText, {
    option: 'logoutUrl',
    meaning:
      'For providers whose logout has an address of its own: a URL in which `{client_id}` and `{return_to}` are filled in',
  }),
  OIDC_SCOPE: variable(parseText, {
    option: 'scope',
    fallback: 'openid profile email',
    meaning: 'Add `offline_access` for refresh tokens',
  }),
  OIDC_AUTHORIZATION_PARAMS: variable(parseQuery, {
    option: 'authorizationParams',
    meaning:
      'More authorization request parameters, as a query string: `audience=https://api.example&prompt=consent`',
  }),
  OIDC_ID_TOKEN_ALG: variable(parseText, {
    option: 'idTokenAlg',
    fallback: 'RS256',
    meaning: 'The one accepted signature algorithm; `none` and HS* are refused',
  }),
  OIDC_CLOCK_TOLERANCE: variable(parseDuration, {
    option: 'clockTolerance',
    fallback: '30s',
    meaning: 'How far the provider’s clock may be off',
  }),
  OIDC_TIMEOUT: variable(parseDuration, {
    option: 'providerTimeout',
    fallback: '5s',
    meaning: 'For every request to the provider',
  }),
} as const;
