import type { BffOptions } from '@foyer/fastify';
import {
  type Parser,
  parseApiRoutes,
  parseBoolean,
  parseCidrs,
  parseClientAuth,
  parseCount,
  parseDuration,
  parseHost,
  parseHttpUrl,
  parseList,
  parseLogLevel,
  parsePort,
  parseQuery,
  parseShortDuration,
  parseSize,
  parseStoreUrl,
  parseText,
} from './parsers.ts';

/** One variable of the environment. */
export interface Variable<T> {
  /** Its text when nothing is set; `undefined` when there is none. */
  readonly fallback?: string;
  /** The default in words, where `fallback` does not say it. */
  readonly otherwise?: string;
  readonly meaning: string;
  /** The option of `bff` that it feeds; none when it is the application's own. */
  readonly option?: keyof BffOptions;
  /** Other names that are accepted. */
  readonly aliases?: readonly string[];
  readonly isRequired?: boolean;
  readonly parse: Parser<T>;
}

const variable = <T>(parse: Parser<T>, facts: Omit<Variable<T>, 'parse'>): Variable<T> => ({
  ...facts,
  parse,
});

/** Every variable, once: the environment is read by this table and the configuration page is made from it. */
export const variables = {
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
  PUBLIC_URL: variable(parseText, {
    option: 'publicUrl',
    fallback: 'http://localhost:3000',
    meaning: 'The origin that the browser sees; https, or http on a loopback host. A path is refused',
  }),
  HOST: variable(parseHost, {
    fallback: '127.0.0.1',
    meaning: 'The address where the BFF listens; `0.0.0.0` in the image',
  }),
  PORT: variable(parsePort, { fallback: '3000', meaning: 'The port where the BFF listens' }),
  TRUST_PROXY: variable(parseCidrs, {
    meaning:
      'Comma list of CIDRs whose `X-Forwarded-For` is believed, for client addresses only; any other address holds at most 2,048 connections at a time',
  }),
  SESSION_KEYS: variable(parseList, {
    option: 'sessionKeys',
    otherwise: 'made and kept in `.data/` when `PUBLIC_URL` is loopback http, else required',
    meaning: 'Comma list of base64 32-byte keys (`pnpm key`); the first seals, all open',
  }),
  SESSION_STORE: variable(parseStoreUrl, {
    option: 'sessionStore',
    fallback: 'sqlite:.data/sessions.db',
    meaning:
      '`sqlite:<file>`, `memory:`, `redis://…` (Valkey too), `redis+sentinel://…` or `redis+cluster://…`; with `rediss` for TLS. production.md shows each',
  }),
  SESSION_IDLE_TIMEOUT: variable(parseDuration, {
    option: 'sessionIdleTimeout',
    fallback: '30m',
    meaning: 'A session that nobody used for this long is over',
  }),
  SESSION_LIFETIME: variable(parseDuration, {
    option: 'sessionLifetime',
    fallback: '12h',
    meaning: 'A session is over after this long, used or not',
  }),
  LOGIN_TIMEOUT: variable(parseDuration, {
    option: 'loginTimeout',
    fallback: '10m',
    meaning: 'How long a login may stay unfinished',
  }),
  COOKIE_NAME: variable(parseText, {
    option: 'cookieName',
    fallback: 'foyer',
    meaning: 'Name of the session cookie, which gets a prefix on https and the port on loopback http',
  }),
  SPA_DIR: variable(parseText, {
    option: 'spa',
    otherwise: 'the starter SPA’s build',
    meaning: 'Directory of a built SPA',
  }),
  SPA_DEV_SERVER: variable(parseHttpUrl, {
    option: 'spa',
    meaning: 'URL of a running dev server; then pages and assets come from it, hot reload included',
  }),
  SPA_SOURCE_MAPS: variable(parseBoolean, {
    option: 'spa',
    fallback: 'false',
    meaning: 'Whether the source maps in `SPA_DIR` are served: `true` or `false`',
  }),
  SPA_CSP: variable(parseText, {
    option: 'spaCsp',
    meaning:
      'Directives added to the pages’ content security policy: `img-src https://cdn.example; connect-src https://api.example`',
  }),
  API_ROUTES: variable(parseApiRoutes, {
    option: 'apiRoutes',
    fallback: '[]',
    meaning:
      'Proxied APIs, a JSON array: `[{"prefix":"/api/users","upstream":"http://localhost:4000/users"}]`; more keys: `auth`, `methods`, `timeout`',
  }),
  API_TIMEOUT: variable(parseDuration, {
    option: 'apiTimeout',
    fallback: '15s',
    meaning: 'Until an upstream must have begun to answer',
  }),
  API_MAX_BODY: variable(parseSize, {
    option: 'apiMaxBody',
    fallback: '10mb',
    meaning: 'Largest request body that is passed on',
  }),
  ALLOWED_ORIGINS: variable(parseList, {
    option: 'allowedOrigins',
    meaning: 'Comma list of SPA origins other than `PUBLIC_URL`, same-site with it',
  }),
  RATE_LIMIT_LOGIN: variable(parseCount, {
    option: 'rateLimitLogin',
    fallback: '60',
    meaning: 'Per minute and client address, on `/login`, the callback and back-channel logout; `0` = off',
  }),
  LOG_LEVEL: variable(parseLogLevel, {
    fallback: 'info',
    meaning: '`fatal`, `error`, `warn`, `info`, `debug`, `trace` or `silent`',
  }),
  METRICS_PORT: variable(parsePort, {
    meaning: 'Where `/metrics` is served, apart from public traffic',
  }),
  SHUTDOWN_TIMEOUT: variable(parseShortDuration, {
    fallback: '10s',
    meaning: 'How long requests that are running may take after SIGTERM',
  }),
} as const;

/** The name of a variable. */
export type VariableName = keyof typeof variables;
