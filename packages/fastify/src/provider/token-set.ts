import type { TokenTarget } from './token-target.ts';

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

/** Claims as a JSON object, in wire spelling. */
export type Claims = Readonly<Record<string, unknown>>;

/** What a finished login brings. */
export interface CompletedLogin {
  /** The id of the provider in the configuration, and the client that the ID token is for. */
  readonly provider: string;
  readonly clientId: string;
  /** The issuer of the ID token, to the byte. */
  readonly issuer: string;
  readonly sub: string;
  /** The provider's session, where the ID token names one. */
  readonly sid: string | undefined;
  /** Claims of the ID token overlaid by those of userinfo; protocol claims are still among them. */
  readonly claims: Claims;
  /** Claims of the ID token alone, verified in full. */
  readonly idTokenClaims: Claims;
  readonly tokens: TokenSet;
}

/** What a refreshed ID token has to agree with. */
export interface ExpectedGrant {
  readonly issuer: string;
  readonly sub: string;
  /** The nonce of the login, where the session knows it. */
  readonly nonce?: string | undefined;
  /** What the new access token is for. Default: what the session's own is for. */
  readonly target?: TokenTarget | undefined;
  /** The key that the session's tokens are bound to. */
  readonly dpopKey?: DpopKey | undefined;
}

/** Called with the new refresh token before anything else of the answer is judged. */
export type KeepSuccessor = (refreshToken: string) => Promise<void>;

/** What a refresh brings; whatever the provider left out stays as it was. */
export interface RefreshedTokens {
  readonly accessToken: string;
  readonly accessTokenExpiresAt: number | undefined;
  readonly refreshToken: string | undefined;
  readonly idToken: string | undefined;
  readonly scope?: string | undefined;
  /** Claims of the refreshed ID token, verified in full. */
  readonly claims: Claims | undefined;
  /** The key that the new access token is bound to. */
  readonly dpopKey?: DpopKey | undefined;
}
