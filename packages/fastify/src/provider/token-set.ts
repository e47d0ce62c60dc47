import type { JsonObject } from './json-object.ts';

/** The private key of a session whose access tokens are bound to it, as a JWK. @see RFC 9449 section 2 */
export interface DpopKey {
  readonly kty: 'EC';
  readonly crv: 'P-256';
  readonly x: string;
  readonly y: string;
  readonly d: string;
}

/** An access token as it is sent: as a Bearer token, or with a proof of the key that it is bound to. */
export interface AccessToken {
  readonly accessToken: string;
  /** Missing where it is a Bearer token. @see RFC 9449 section 7 */
  readonly dpopKey?: DpopKey | undefined;
}

/** An access token as the provider issues it. */
export interface IssuedToken extends AccessToken {
  /** Milliseconds since the epoch; `undefined` when neither the provider nor the token itself says. */
  readonly accessTokenExpiresAt: number | undefined;
}

/** What a grant brings; the signature of the ID token is not verified yet. */
export interface GrantedTokens extends IssuedToken {
  readonly refreshToken: string | undefined;
  readonly idToken: string | undefined;
  /** The scopes that were granted, separated by spaces; `undefined` when no one says. @see RFC 6749 section 5.1 */
  readonly scope?: string | undefined;
}

/** Tokens of a session. They have no type in the browser. */
export interface TokenSet extends GrantedTokens {
  readonly idToken: string;
  /** The nonce of the login: a refreshed ID token has the same or none. Missing in records of older versions. */
  readonly nonce?: string | undefined;
}

/** Claims as a JSON object, in wire spelling. */
export type Claims = JsonObject;

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

/** The result of a refresh; values that the provider left out stay as they were. */
export interface RefreshedTokens extends GrantedTokens {
  /** Claims of the refreshed ID token, verified in full. */
  readonly claims: Claims | undefined;
}
