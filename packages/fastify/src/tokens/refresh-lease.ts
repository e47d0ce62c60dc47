import { randomUUID } from 'node:crypto';
import type { FastifyBaseLogger } from 'fastify';
import { logEvent } from '../events.ts';
import type { SessionStore } from '../stores/session-store.ts';

/** The right to refresh one session, which no other process has meanwhile. */
export interface RefreshLease {
  readonly release: () => Promise<void>;
}

/** Takes the lease of a session; `undefined` while another process has it. */
export type TakeRefreshLease = (sessionId: string) => Promise<RefreshLease | undefined>;

/** How long the lease of a process that died keeps the others waiting. */
export const leaseMs = 5000;
const renewalIntervalMs = 1000;

/** Makes leases that are short and renewed while they are held, so that a dead process blocks a session for 5 s at most. */
export const createRefreshLeases = (store: SessionStore, log: FastifyBaseLogger): TakeRefreshLease => {
  const renew = async (id: string, holder: string): Promise<void> => {
    try {
      await store.acquireLease(id, holder, leaseMs);
    } catch (error) {
      logEvent(log, 'lease_not_renewed', { err: error });
    }
  };

  /** A lease that stays runs out by itself, and is no reason to withhold a token. */
  const release = async (id: string, holder: string): Promise<void> => {
    try {
      await store.releaseLease(id, holder);
    } catch (error) {
      logEvent(log, 'lease_stays', { err: error });
    }
  };

  return async (id) => {
    const holder = randomUUID();
    if (!(await store.acquireLease(id, holder, leaseMs))) return undefined;
    let renewal = Promise.resolve();
    const timer = setInterval(() => {
      renewal = renew(id, holder);
    }, renewalIntervalMs);
    return {
      release: async () => {
        clearInterval(timer);
        // A renewal that arrived after the release would take the lease again.
        await renewal;
        await release(id, holder);
      },
    };
  };
};
