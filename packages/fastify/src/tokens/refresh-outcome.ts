import { logEvent } from '../events.ts';
import { Problem } from '../problems.ts';
import { type RefreshRefused, TargetRefused } from '../provider/provider.ts';
import type { Session } from '../session/live-session.ts';
import type { AccessTokenDependencies } from './access-token-dependencies.ts';
import type { FailureScope, RefreshBackoff } from './refresh-backoff.ts';
import type { PersonToken } from './requested-token.ts';
import { findToken, type HeldToken, isValid } from './token-life.ts';

/** A session, and which of its access tokens is to be renewed. */
export interface TokenRenewal {
  readonly session: Session;
  readonly requested: PersonToken;
}

/** What follows from a request that brought no new access token: each returns a usable token, or throws the problem. */
export interface RefreshOutcome {
  /** The session as the store has it now. @throws Problem `session_expired` when it is over. */
  readonly reread: (session: Session) => Promise<Session>;
  /** The provider ended the grant: the session ends, unless another process has rotated its refresh token meanwhile. */
  readonly refused: (renewal: TokenRenewal, error: RefreshRefused) => Promise<HeldToken>;
  /** The session stays; its access token is used while it is valid. */
  readonly failed: (renewal: TokenRenewal, problem: Problem, scope: FailureScope) => HeldToken;
  /** A refresh has failed a moment ago. */
  readonly postponed: (renewal: TokenRenewal, remainingMs: number) => HeldToken;
  /** Another process has refreshed the session. */
  readonly superseded: (renewal: TokenRenewal) => HeldToken;
  /** There is no refresh token: a session that stayed without an access token would send the user round in circles. */
  readonly unrefreshable: (renewal: TokenRenewal) => Promise<HeldToken>;
}

/** What a problem says where the provider asked for no time of its own. */
const unaskedRetryAfterSeconds = 5;

/** A session that can bring no access token any more. */
export const sessionExpired = (message: string, cause?: unknown): Problem =>
  new Problem('session_expired', message, { cause });

/** A target that the provider refuses is the same problem as long as it is not asked again. */
const createUnavailable = (retryAfter: number, cause: Problem | undefined): Problem =>
  cause?.cause instanceof TargetRefused
    ? new Problem(cause.code, cause.message, { cause })
    : new Problem('provider_unavailable', 'The access token could not be refreshed', { cause, retryAfter });

/** Names one token of one session in this process. */
export const renewalId = ({ session, requested }: TokenRenewal): string => session.id + requested.key;

/** Makes the outcomes of refreshes. */
export const createRefreshOutcome = (
  { options, records, end, log }: AccessTokenDependencies,
  backoff: RefreshBackoff,
): RefreshOutcome => {
  const validOrUnavailable = (
    { session, requested }: TokenRenewal,
    retryAfter: number,
    cause?: Problem,
  ): HeldToken => {
    const held = findToken(session.record, requested);
    if (isValid(held, options.clock())) return held;
    throw createUnavailable(retryAfter, cause);
  };

  const reread = async (session: Session): Promise<Session> => {
    const now = await records.reread(session);
    if (now === undefined) throw sessionExpired('The session ended before its access token was refreshed');
    return now;
  };

  const superseded = (renewal: TokenRenewal): HeldToken => validOrUnavailable(renewal, 1);

  const failed: RefreshOutcome['failed'] = (renewal, problem, scope) => {
    options.observe?.({ kind: 'refresh', outcome: 'failed' });
    logEvent(log, 'refresh_trouble', { err: problem });
    const { retryAfter = 0 } = problem;
    const atLeastMs = retryAfter > unaskedRetryAfterSeconds ? retryAfter * 1000 : 0;
    const waitMs = backoff.failed(renewalId(renewal), { scope, atLeastMs, problem });
    return validOrUnavailable(renewal, Math.ceil(waitMs / 1000), problem);
  };

  return {
    reread,
    superseded,
    failed,
    refused: async ({ session, requested }, error) => {
      const now = await reread(session);
      if (now.record.tokens.refreshToken !== session.record.tokens.refreshToken)
        return superseded({ session: now, requested });
      options.observe?.({ kind: 'refresh', outcome: 'refused' });
      logEvent(log, 'refresh_failed', { session: session.id, err: error });
      await end(session.id, 'refresh_failed');
      throw sessionExpired('The provider refused the refresh', error);
    },
    postponed: (renewal, remainingMs) =>
      validOrUnavailable(renewal, Math.ceil(remainingMs / 1000), backoff.lastProblem(renewalId(renewal))),
    unrefreshable: async (renewal) => {
      const { session, requested } = renewal;
      const held = findToken(session.record, requested);
      if (isValid(held, options.clock())) return held;
      if (requested.source !== 'session')
        throw new Problem(
          'provider_error',
          'The session has no refresh token to ask with: look at OIDC_SCOPE',
        );
      await end(session.id, 'expired');
      throw sessionExpired('The access token has expired and there is no refresh token');
    },
  };
};
