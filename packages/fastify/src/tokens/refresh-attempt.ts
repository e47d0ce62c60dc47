import { setTimeout as wait } from 'node:timers/promises';
import { Problem } from '../problems.ts';
import { rereadSession } from './kept-record.ts';
import { settleFailed } from './refresh-failure.ts';
import { leaseMs, takeRefreshLease } from './refresh-lease.ts';
import type { TokenContext, TokenRenewal } from './token-context.ts';
import { grantToken } from './token-grant.ts';
import { findToken, type HeldToken, isValid } from './token-life.ts';

/** Whether a token that the session has by now is the one that was wanted. */
export type IsGood = (now: HeldToken) => boolean;

const pollIntervalMs = 40;
/** A call that has a valid token waits no longer than this for another process. */
const shortWaitMs = 1000;

const findGood = async (
  context: TokenContext,
  renewal: TokenRenewal,
  isGood: IsGood,
): Promise<HeldToken | undefined> => {
  await rereadSession(context, renewal);
  const held = findToken(renewal.session.record, renewal.requested);
  return held !== undefined && isGood(held) ? held : undefined;
};

/**
 * Renews an access token, or waits for the process that does, until it `isGood`: one process at a time refreshes a session,
 * the others use what it stored.
 */
export const attemptRefresh = async (
  context: TokenContext,
  renewal: TokenRenewal,
  isGood: IsGood,
): Promise<HeldToken> => {
  const { session, requested } = renewal;
  const { clock, providerTimeout } = context.options;
  const isHeld = isValid(findToken(session.record, requested), clock());
  const longWaitMs = Math.max(leaseMs, providerTimeout * 1000) + shortWaitMs;
  const deadline = performance.now() + (isHeld ? shortWaitMs : longWaitMs);
  while (performance.now() <= deadline) {
    const lease = await takeRefreshLease(context, session.id);
    try {
      const found = await findGood(context, renewal, isGood);
      if (found !== undefined) return found;
      if (lease !== undefined) return await grantToken(context, renewal);
    } finally {
      await lease?.release();
    }
    await wait(pollIntervalMs);
  }
  const problem = new Problem('provider_timeout', 'Another process holds the refresh for too long');
  return settleFailed(context, renewal, { problem, scope: 'session' });
};
