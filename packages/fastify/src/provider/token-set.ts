/** Tokens of a session. They have no type in the browser. */
export interface TokenSet {
  readonly accessToken: string;
  /** Milliseconds since the epoch; `undefined` when neither the provider nor the token itself says. */
  readonly accessTokenExpiresAt: number | undefined;
  readonly refreshToken: string | undefined;
  readonly idToken: string;
  /** The nonce of the login: a refreshed ID token has the same or none. Missing in records of older versions. */
  readonly nonce?: string | undefined;
}
