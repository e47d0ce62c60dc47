import { setTimeout as wait } from 'node:timers/promises';
import { Problem } from '../problems.ts';
import type { AccessTokenDependencies } from './access-token-dependencies.ts';
import { createRefreshLeases, leaseMs, type RefreshLease } from './refresh-lease.ts';
import type { RefreshOutcome, TokenRenewal } from './refresh-outcome.ts';
import type { TokenGrant } from './token-grant.ts';
import { findToken, type HeldToken, isValid } from './token-life.ts';

/** Whether a token that the session has by now is the one that was wanted. */
export type IsGood = (now: HeldToken | undefined) => boolean;

/** Renews an access token, or waits for the process that does, until it `isGood`. */
export type RefreshAttempt = (renewal: TokenRenewal, isGood: IsGood) => Promise<HeldToken>;

const pollIntervalMs = 40;
/** A call that has a valid token waits no longer than this for another process. */
const shortWaitMs = 1000;

/** Makes attempts: one process at a time refreshes a session, the others use what it stored. */
export const createRefreshAttempt = (
  { options, store, log }: AccessTokenDependencies,
  outcome: RefreshOutcome,
  grant: TokenGrant,
): RefreshAttempt => {
  const takeLease = createRefreshLeases(store, log);
  const longWaitMs = Math.max(leaseMs, options.providerTimeout * 1000) + shortWaitMs;

  const findGood = ({ session, requested }: TokenRenewal, isGood: IsGood): HeldToken | undefined => {
    const held = findToken(session.record, requested);
    return held !== undefined && isGood(held) ? held : undefined;
  };

  const renewUnderLease = async (
    lease: RefreshLease,
    { session, requested }: TokenRenewal,
    isGood: IsGood,
  ): Promise<HeldToken> => {
    try {
      const now = { session: await outcome.reread(session), requested };
      return findGood(now, isGood) ?? (await grant(now));
    } finally {
      await lease.release();
    }
  };

  return async (renewal, isGood) => {
    const { session, requested } = renewal;
    const isHeld = isValid(findToken(session.record, requested), options.clock());
    const deadline = performance.now() + (isHeld ? shortWaitMs : longWaitMs);
    let now = renewal;
    while (performance.now() <= deadline) {
      const lease = await takeLease(session.id);
      if (lease !== undefined) return renewUnderLease(lease, renewal, isGood);
      now = { session: await outcome.reread(session), requested };
      const found = findGood(now, isGood);
      if (found !== undefined) return found;
      await wait(pollIntervalMs);
    }
    const late = new Problem('provider_timeout', 'Another process holds the refresh for too long');
    return outcome.failed(now, late, 'session');
  };
};
