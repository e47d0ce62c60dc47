import { randomUUID } from 'node:crypto';
import { logEvent } from '../events.ts';
import type { TokenContext } from './token-renewal.ts';

/** The right to refresh one session, which no other process has meanwhile. */
export interface RefreshLease {
  readonly release: () => Promise<void>;
}

/** How long the lease of a process that died keeps the others waiting. */
export const leaseMs = 5000;
const renewalIntervalMs = 1000;

/**
 * Takes the lease of a session; `undefined` while another process has it. It is short and renewed while it is held, so that
 * a dead process blocks a session for 5 s at most. One that stays runs out by itself, and is no reason to withhold a token.
 */
export const takeRefreshLease = async (
  { store, log }: Pick<TokenContext, 'store' | 'log'>,
  sessionId: string,
): Promise<RefreshLease | undefined> => {
  const holder = randomUUID();
  const acquire = () => store.acquireLease(sessionId, holder, leaseMs);
  if (!(await acquire())) return undefined;
  const orLog = (done: Promise<unknown>, event: 'lease_not_renewed' | 'lease_stays'): Promise<unknown> =>
    done.catch((error: unknown) => logEvent(log, event, { err: error }));
  let renewal: Promise<unknown> = Promise.resolve();
  const timer = setInterval(() => {
    renewal = orLog(acquire(), 'lease_not_renewed');
  }, renewalIntervalMs);
  return {
    release: async () => {
      clearInterval(timer);
      // A renewal that arrived after the release would take the lease again.
      await renewal;
      await orLog(store.releaseLease(sessionId, holder), 'lease_stays');
    },
  };
};
