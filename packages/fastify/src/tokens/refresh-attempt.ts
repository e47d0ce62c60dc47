import { setTimeout as wait } from 'node:timers/promises';
import { Problem } from '../problems.ts';
import { leaseMs, type RefreshLease, takeRefreshLease } from './refresh-lease.ts';
import { rereadSession, settleFailed, type TokenRenewal } from './refresh-outcome.ts';
import type { TokenContext } from './token-context.ts';
import { grantToken } from './token-grant.ts';
import { findToken, type HeldToken, isValid } from './token-life.ts';

/** Whether a token that the session has by now is the one that was wanted. */
export type IsGood = (now: HeldToken) => boolean;

const pollIntervalMs = 40;
/** A call that has a valid token waits no longer than this for another process. */
const shortWaitMs = 1000;

const findGood = ({ session, requested }: TokenRenewal, isGood: IsGood): HeldToken | undefined => {
  const held = findToken(session.record, requested);
  return held !== undefined && isGood(held) ? held : undefined;
};

const renewUnderLease = async (
  context: TokenContext,
  { session, requested }: TokenRenewal,
  { lease, isGood }: { readonly lease: RefreshLease; readonly isGood: IsGood },
): Promise<HeldToken> => {
  try {
    const now = { session: await rereadSession(context, session), requested };
    return findGood(now, isGood) ?? (await grantToken(context, now));
  } finally {
    await lease.release();
  }
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
  let now = renewal;
  while (performance.now() <= deadline) {
    const lease = await takeRefreshLease(context, session.id);
    if (lease !== undefined) return renewUnderLease(context, renewal, { lease, isGood });
    now = { session: await rereadSession(context, session), requested };
    const found = findGood(now, isGood);
    if (found !== undefined) return found;
    await wait(pollIntervalMs);
  }
  const problem = new Problem('provider_timeout', 'Another process holds the refresh for too long');
  return settleFailed(context, now, { problem, scope: 'session' });
};
