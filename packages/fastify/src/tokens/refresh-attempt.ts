import { setTimeout as wait } from 'node:timers/promises';
import { Problem } from '../problems.ts';
import { rereadSession } from './kept-record.ts';
import { settleFailed, settlePostponed } from './refresh-failure.ts';
import { leaseMs, takeRefreshLease } from './refresh-lease.ts';
import { grantToken } from './token-grant.ts';
import {
  type HeldToken,
  isValid,
  type Renewal,
  type SessionRenewal,
  type TokenContext,
} from './token-renewal.ts';

/** Requests a token, once at a time in this process, and not while the last failure of it has to be waited for. */
export const requestOnce = async (
  context: TokenContext,
  renewal: Renewal,
  request: () => Promise<HeldToken>,
): Promise<HeldToken> => {
  const { backoff, underway } = context;
  const known = underway.get(renewal.id);
  if (known !== undefined) return known;
  const remainingMs = backoff.start(renewal.id);
  if (remainingMs > 0) return settlePostponed(context, renewal, remainingMs);
  const started = request().finally(() => underway.delete(renewal.id));
  underway.set(renewal.id, started);
  return started;
};

const pollIntervalMs = 40;
/** A call that has a valid token waits no longer than this for another process. */
const shortWaitMs = 1000;

/**
 * Renews an access token, or waits for the process that does, until it `isGood`: one process at a time refreshes a session,
 * the others use what it stored.
 */
export const attemptRefresh = async (
  context: TokenContext,
  renewal: SessionRenewal,
  isGood: (now: HeldToken) => boolean,
): Promise<HeldToken> => {
  const { clock, providerTimeout } = context.options;
  const longWaitMs = Math.max(leaseMs, providerTimeout * 1000) + shortWaitMs;
  const deadline = performance.now() + (isValid(renewal.held(), clock()) ? shortWaitMs : longWaitMs);
  while (performance.now() <= deadline) {
    const lease = await takeRefreshLease(context, renewal.session.id);
    try {
      await rereadSession(context, renewal);
      const held = renewal.held();
      if (held !== undefined && isGood(held)) return held;
      if (lease !== undefined) return await grantToken(context, renewal);
    } finally {
      await lease?.release();
    }
    await wait(pollIntervalMs);
  }
  const problem = new Problem('provider_timeout', 'Another process holds the refresh for too long');
  return settleFailed(context, renewal, { problem, scope: 'session' });
};
