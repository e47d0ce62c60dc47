import { LRUCache } from 'lru-cache';
import type { Problem } from '../problems.ts';

/** Whether a failed refresh concerns its session alone, or every session of the provider. */
export type FailureScope = 'session' | 'provider';

/** When refreshes that failed are tried again. */
export interface RefreshBackoff {
  /** Milliseconds until this token, by the id of its session and its target, may be asked for again; 0 when now. */
  readonly remainingMs: (id: string) => number;
  /** Called when a refresh starts: while the provider fails, one session at a time finds out whether it still does. */
  readonly starts: () => void;
  readonly succeeded: (id: string) => void;
  /** Returns the milliseconds until the next try. */
  readonly failed: (id: string, failure: Failure) => number;
  /** Why the last refresh failed. */
  readonly lastProblem: (id: string) => Problem | undefined;
}

/** A refresh that failed. */
interface Failure {
  readonly scope: FailureScope;
  /** Milliseconds that the provider asked for. */
  readonly atLeastMs: number;
  readonly problem: Problem;
}

/** Failures in a row of one token; `retryAt` is on the clock of `performance.now()`. */
interface Failures {
  readonly count: number;
  readonly retryAt: number;
  readonly problem: Problem;
}

const firstDelayMs = 1000;
const longestSessionDelayMs = 30_000;
const longestProviderDelayMs = 10_000;
/** One failure may be chance; from the third in a row on the provider is down for all sessions. */
const failuresOfAnOutage = 3;

/** Sessions that one process remembers something of at most; those that it used last. */
export const mostRemembered = 10_000;

const delayMs = (count: number, longestMs: number): number =>
  Math.min(longestMs, firstDelayMs * 2 ** (count - 1)) * (0.5 + Math.random() / 2);

/** Makes the back-off of one process: exponential, with jitter, per session and for the provider as a whole. */
export const createRefreshBackoff = (): RefreshBackoff => {
  const sessions = new LRUCache<string, Failures>({ max: mostRemembered });
  const provider = { count: 0, retryAt: 0 };

  const postponeProvider = (): void => {
    const outageCount = provider.count - failuresOfAnOutage + 1;
    if (outageCount > 0) provider.retryAt = performance.now() + delayMs(outageCount, longestProviderDelayMs);
  };

  return {
    remainingMs: (id) =>
      Math.max(0, Math.max(sessions.get(id)?.retryAt ?? 0, provider.retryAt) - performance.now()),
    lastProblem: (id) => sessions.get(id)?.problem,
    starts: postponeProvider,
    succeeded: (id) => {
      sessions.delete(id);
      provider.count = 0;
      provider.retryAt = 0;
    },
    failed: (id, { scope, atLeastMs, problem }) => {
      if (scope === 'provider') {
        provider.count += 1;
        postponeProvider();
      }
      const count = (sessions.get(id)?.count ?? 0) + 1;
      const waitMs = Math.max(delayMs(count, longestSessionDelayMs), atLeastMs);
      sessions.set(id, { count, retryAt: performance.now() + waitMs, problem });
      return waitMs;
    },
  };
};
