/** A valid logout token. @see OpenID Connect Back-Channel Logout section 2.4 */
export interface LogoutToken {
  /** The id of the provider in the configuration, and the client that the token is for. */
  readonly provider: string;
  readonly clientId: string;
  readonly issuer: string;
  readonly sub: string | undefined;
  readonly sid: string | undefined;
  readonly jti: string;
  /** Milliseconds since the epoch, by the provider's clock. */
  readonly issuedAt: number;
  /** Milliseconds since the epoch: from when on a replay is refused for its age alone. */
  readonly staleAt: number;
}
