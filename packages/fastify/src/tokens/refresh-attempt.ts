import { setTimeout as wait } from 'node:timers/promises';
import { Problem } from '../problems.ts';
import type { Session } from '../session/live-session.ts';
import type { AccessTokenDependencies } from './access-token-dependencies.ts';
import type { RefreshGrant } from './refresh-grant.ts';
import { createRefreshLeases, leaseMs, type RefreshLease } from './refresh-lease.ts';
import type { RefreshOutcome } from './refresh-outcome.ts';
import { isValid } from './token-life.ts';

/** Refreshes a session, or waits for the process that does, until its token `isGood`. */
export type RefreshAttempt = (session: Session, isGood: (now: Session) => boolean) => Promise<string>;

const pollIntervalMs = 40;
/** A call that has a valid token waits no longer than this for another process. */
const shortWaitMs = 1000;

/** Makes attempts: one process at a time refreshes a session, the others use what it stored. */
export const createRefreshAttempt = (
  { options, store, log }: AccessTokenDependencies,
  outcome: RefreshOutcome,
  grant: RefreshGrant,
): RefreshAttempt => {
  const takeLease = createRefreshLeases(store, log);
  const longWaitMs = Math.max(leaseMs, options.providerTimeout * 1000) + shortWaitMs;

  const refreshUnderLease = async (
    lease: RefreshLease,
    session: Session,
    isGood: (now: Session) => boolean,
  ): Promise<string> => {
    try {
      const now = await outcome.reread(session);
      const { accessToken, refreshToken } = now.record.tokens;
      if (isGood(now)) return accessToken;
      return await (refreshToken === undefined ? outcome.unrefreshable(now) : grant(now, refreshToken));
    } finally {
      await lease.release();
    }
  };

  return async (session, isGood) => {
    const waitMs = isValid(session.record, options.clock()) ? shortWaitMs : longWaitMs;
    const deadline = performance.now() + waitMs;
    let now = session;
    while (performance.now() <= deadline) {
      const lease = await takeLease(session.id);
      if (lease !== undefined) return refreshUnderLease(lease, session, isGood);
      now = await outcome.reread(session);
      if (isGood(now)) return now.record.tokens.accessToken;
      await wait(pollIntervalMs);
    }
    const late = new Problem('provider_timeout', 'Another process holds the refresh for too long');
    return outcome.failed(now, late, 'session');
  };
};
