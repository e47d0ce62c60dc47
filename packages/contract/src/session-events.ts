/**
 * Why sessions end: the user signed out (`logout`), the provider sent a back-channel logout (`backchannel`), a limit
 * was reached (`expired`), the user ended it from another session (`revoked`), the provider refused to refresh its tokens
 * (`refresh_failed`), or a new login in the same browser replaced it (`replaced`).
 *
 * @see RFC 10017 section 6.1.2.2; OpenID Connect Back-Channel Logout section 2.7
 */
export const signedOutReasons = [
  'logout',
  'backchannel',
  'expired',
  'revoked',
  'refresh_failed',
  'replaced',
] as const;

/** Why a session ended: one of `signedOutReasons`. */
export type SignedOutReason = (typeof signedOutReasons)[number];

/**
 * Data of the server-sent event `signed-out`, the last event of its stream.
 * @see HTML Standard section 9.2; GET /api/me/events
 */
export interface SignedOutEvent {
  readonly reason: SignedOutReason;
}

/**
 * Data of the server-sent event `expiring`, sent before the idle or the absolute limit is reached.
 *
 * @see HTML Standard section 9.2
 */
export interface ExpiringEvent {
  /** The limit that is reached first. A request of the session extends the idle limit; nothing extends the absolute limit. */
  readonly limit: 'idle' | 'absolute';
  /** ISO 8601 in UTC, by the server's clock. */
  readonly expiresAt: string;
  /** The server's time when it sent the event. */
  readonly now: string;
}
