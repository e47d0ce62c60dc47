import { logEvent } from '../events.ts';
import { Problem } from '../problems.ts';
import type { RefreshRefused } from '../provider/provider.ts';
import type { Session } from '../session/live-session.ts';
import type { AccessTokenDependencies } from './access-token-dependencies.ts';
import type { FailureScope, RefreshBackoff } from './refresh-backoff.ts';
import { isValid } from './token-life.ts';

/** What follows from a refresh that brought no new access token: each returns a usable token, or throws the problem. */
export interface RefreshOutcome {
  /** The session as the store has it now. @throws Problem `session_expired` when it is over. */
  readonly reread: (session: Session) => Promise<Session>;
  /** The provider ended the grant: the session ends, unless another process has rotated its refresh token meanwhile. */
  readonly refused: (session: Session, error: RefreshRefused) => Promise<string>;
  /** The session stays; its access token is used while it is valid. */
  readonly failed: (session: Session, problem: Problem, scope: FailureScope) => string;
  /** A refresh has failed a moment ago. */
  readonly postponed: (session: Session, remainingMs: number) => string;
  /** Another process has refreshed the session. */
  readonly superseded: (now: Session) => string;
  /** There is no refresh token: a session that stayed without an access token would send the user round in circles. */
  readonly unrefreshable: (session: Session) => Promise<string>;
}

/** What a problem says where the provider asked for no time of its own. */
const unaskedRetryAfterSeconds = 5;

/** A session that can bring no access token any more. */
export const sessionExpired = (message: string, cause?: unknown): Problem =>
  new Problem('session_expired', message, { cause });

/** Makes the outcomes of refreshes. */
export const createRefreshOutcome = (
  { options, records, end, log }: AccessTokenDependencies,
  backoff: RefreshBackoff,
): RefreshOutcome => {
  const validOrUnavailable = ({ record }: Session, retryAfter: number, cause?: Problem): string => {
    if (isValid(record, options.clock())) return record.tokens.accessToken;
    throw new Problem('provider_unavailable', 'The access token could not be refreshed', {
      cause,
      retryAfter,
    });
  };

  const reread = async (session: Session): Promise<Session> => {
    const now = await records.reread(session);
    if (now === undefined) throw sessionExpired('The session ended before its access token was refreshed');
    return now;
  };

  const superseded = (now: Session): string => validOrUnavailable(now, 1);

  return {
    reread,
    superseded,
    refused: async (session, error) => {
      const now = await reread(session);
      if (now.record.tokens.refreshToken !== session.record.tokens.refreshToken) return superseded(now);
      options.observe?.({ kind: 'refresh', outcome: 'refused' });
      logEvent(log, 'refresh_failed', { session: session.id, err: error });
      await end(session.id, 'refresh_failed');
      throw sessionExpired('The provider refused the refresh', error);
    },
    failed: (session, problem, scope) => {
      options.observe?.({ kind: 'refresh', outcome: 'failed' });
      logEvent(log, 'refresh_trouble', { err: problem });
      const { retryAfter = 0 } = problem;
      const atLeastMs = retryAfter > unaskedRetryAfterSeconds ? retryAfter * 1000 : 0;
      const waitMs = backoff.failed(session.id, { scope, atLeastMs });
      return validOrUnavailable(session, Math.ceil(waitMs / 1000), problem);
    },
    postponed: (session, remainingMs) => validOrUnavailable(session, Math.ceil(remainingMs / 1000)),
    unrefreshable: async (session) => {
      if (isValid(session.record, options.clock())) return session.record.tokens.accessToken;
      await end(session.id, 'expired');
      throw sessionExpired('The access token has expired and there is no refresh token');
    },
  };
};
