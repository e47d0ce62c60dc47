import type { Configuration } from 'oidc-provider';

/** Lifetimes in seconds. Defaults: access token 300, ID token 3600, refresh token and session 14 days. */
export interface DevProviderLifetimes {
  readonly accessToken?: number;
  readonly idToken?: number;
  readonly refreshToken?: number;
  readonly session?: number;
}

/** The client that is registered unless the options name another. Its secret is published with the source. */
export const developmentClient = {
  clientId: 'foyer-dev',
  clientSecret: 'foyer-dev-secret-not-for-production',
} as const;

/** Options of the development provider. */
export interface DevProviderOptions {
  /** The port to listen on. Default 0: any free port. */
  readonly port?: number;
  /** The address to listen on; by default `127.0.0.1`. */
  readonly host?: string;
  /** By default `http://<host>:<port>`. */
  readonly issuer?: string;
  /** Origins of the applications; the first also receives back-channel logout. */
  readonly publicUrls: readonly string[];
  /** Name of the application, which the sign-in page shows. By default it shows that it is the development provider. */
  readonly appName?: string;
  /** By default `foyer-dev`. */
  readonly clientId?: string;
  /** By default `foyer-dev-secret-not-for-production`. */
  readonly clientSecret?: string;
  /** By default `client_secret_basic`. */
  readonly clientAuth?: 'client_secret_basic' | 'client_secret_post' | 'none';
  /**
   * When given, access tokens are signed JWTs (`at+jwt`) for this audience, with the requested scopes among `users:read`
   * and `users:write`; the claims are in the ID token, and there is no userinfo endpoint.
   */
  readonly apiAudience?: string;
  /** Other audiences, which a token request chooses by `resource` (RFC 8707), and an exchange by `audience` as well. */
  readonly moreAudiences?: readonly string[];
  readonly ttl?: DevProviderLifetimes;
  /** File in which sessions and grants outlive a restart. Default: they are kept in memory. */
  readonly dataFile?: string;
  /** Changes the configuration of the library, for tests of what the development provider does not do by itself. */
  readonly configure?: (base: Configuration) => Configuration;
  /** Receives a line for each failed back-channel logout and each error of the provider. Default: none is logged. */
  readonly log?: (line: string) => void;
}
