/** Lifetimes in seconds; by default 300, 3600, and 14 days for the other two. */
export interface DevProviderLifetimes {
  readonly accessToken?: number;
  readonly idToken?: number;
  readonly refreshToken?: number;
  readonly session?: number;
}

/** What the development provider may be told. */
export interface DevProviderOptions {
  /** 0, the default, takes a free one. */
  readonly port?: number;
  /** The address to listen on; by default `127.0.0.1`. */
  readonly host?: string;
  /** By default `http://<host>:<port>`. */
  readonly issuer?: string;
  /** Origins of the applications; the first also receives back-channel logout. */
  readonly publicUrls: readonly string[];
  /** By default `foyer-dev`. */
  readonly clientId?: string;
  /** By default `foyer-dev-secret-not-for-production`. */
  readonly clientSecret?: string;
  /** By default `client_secret_basic`. */
  readonly clientAuth?: 'client_secret_basic' | 'client_secret_post' | 'none';
  /**
   * When given, access tokens are signed (`at+jwt`) for this audience, with those of the scopes `users:read` and
   * `users:write` that were asked for, the claims are in the ID token, and there is no userinfo.
   */
  readonly apiAudience?: string;
  readonly ttl?: DevProviderLifetimes;
  /** Told of failed back-channel logouts and errors of the provider itself; by default nobody is. */
  readonly log?: (line: string) => void;
}
