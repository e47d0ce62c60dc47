/** The private key of a session whose access tokens are bound to it, as a JWK. @see RFC 9449 section 2 */
export interface DpopKey {
  readonly kty: 'EC';
  readonly crv: 'P-256';
  readonly x: string;
  readonly y: string;
  readonly d: string;
}

/** Tokens of a session. They have no type in the browser. */
export interface TokenSet {
  readonly accessToken: string;
  /** Milliseconds since the epoch; `undefined` when neither the provider nor the token itself says. */
  readonly accessTokenExpiresAt: number | undefined;
  readonly refreshToken: string | undefined;
  readonly idToken: string;
  /** The nonce of the login: a refreshed ID token has the same or none. Missing in records of older versions. */
  readonly nonce?: string | undefined;
  /** The key that the access token is bound to; missing where it is a Bearer token. */
  readonly dpopKey?: DpopKey | undefined;
  /** The scopes that were granted, separated by spaces. Missing in records of older versions. */
  readonly scope?: string | undefined;
}
