import type { Claims } from './completed-login.ts';
import type { DpopKey } from './token-set.ts';
import type { TokenTarget } from './token-target.ts';

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
