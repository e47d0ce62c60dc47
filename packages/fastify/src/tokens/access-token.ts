import type { Session } from '../session/live-session.ts';
import type { AccessTokenDependencies } from './access-token-dependencies.ts';
import { createRefreshAttempt } from './refresh-attempt.ts';
import { createRefreshBackoff } from './refresh-backoff.ts';
import { createRefreshGrant } from './refresh-grant.ts';
import { createRefreshOutcome } from './refresh-outcome.ts';
import { isRefreshDue, isReplaced, issuedAt, isValid } from './token-life.ts';

/** The one door to access tokens. */
export interface AccessTokens {
  /**
   * A valid access token: the session's own, or refreshed when it expires within 30 s or half of its life. One refresh
   * a session at a time, across processes.
   *
   * @throws Problem `session_expired` when the grant is over (the session has been ended), `provider_unavailable` with
   * `Retry-After` when the provider is in trouble and the old token is no longer valid.
   */
  readonly accessToken: (session: Session) => Promise<string>;
  /**
   * Another access token for an upstream that refused the session's with `invalid_token`, where nothing says when that
   * token expires; `undefined` when another one cannot be had, or this one was issued less than 30 s ago.
   *
   * @throws Problem as `accessToken`.
   */
  readonly refreshAccessToken: (session: Session) => Promise<string | undefined>;
}

/** An upstream that refuses a token as young as this refuses its successor too. */
const youngMs = 30_000;

/**
 * Makes the one door to access tokens: a refresh per session at a time, in the process by a shared promise,
 * across processes by a lease. A provider that detects reuse sees each refresh token once.
 *
 * @see RFC 9700 section 4.14
 */
export const createAccessTokens = (dependencies: AccessTokenDependencies): AccessTokens => {
  const { clock } = dependencies.options;
  const backoff = createRefreshBackoff();
  const outcome = createRefreshOutcome(dependencies, backoff);
  const grant = createRefreshGrant(dependencies, backoff, outcome);
  const attempt = createRefreshAttempt(dependencies, outcome, grant);
  const underway = new Map<string, Promise<string>>();

  const refresh = async (session: Session, isGood: (now: Session) => boolean): Promise<string> => {
    const { id } = session;
    const known = underway.get(id);
    if (known !== undefined) return known;
    const remainingMs = backoff.remainingMs(id);
    if (remainingMs > 0) return outcome.postponed(session, remainingMs);
    backoff.starts();
    const started = attempt(session, isGood).finally(() => underway.delete(id));
    underway.set(id, started);
    return started;
  };

  return {
    accessToken: async (session) => {
      const { record } = session;
      if (!isRefreshDue(record, clock())) return record.tokens.accessToken;
      return refresh(session, (now) => {
        const isNew = isReplaced(now.record, record) && isValid(now.record, clock());
        return isNew || !isRefreshDue(now.record, clock());
      });
    },
    refreshAccessToken: async (session) => {
      const { record } = session;
      const { accessToken, accessTokenExpiresAt, refreshToken } = record.tokens;
      if (accessTokenExpiresAt !== undefined || refreshToken === undefined) return undefined;
      if (clock() - issuedAt(record) < youngMs) return undefined;
      const token = await refresh(session, (now) => isReplaced(now.record, record));
      return token === accessToken ? undefined : token;
    },
  };
};
