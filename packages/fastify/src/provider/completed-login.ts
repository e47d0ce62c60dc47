import type { TokenSet } from './token-set.ts';

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
