import { LRUCache } from 'lru-cache';
import type { Problem } from '../problems.ts';

/** A refresh that failed. */
export interface RefreshFailure {
  readonly problem: Problem;
  /** Whether it concerns its session alone, or every session of the provider. */
  readonly scope: 'session' | 'provider';
  /** Milliseconds that the provider asked for. */
  readonly atLeastMs?: number;
}

/** When refreshes that failed are tried again. Ids are those of renewals. */
export interface RefreshBackoff {
  /**
   * Milliseconds until this token may be asked for again; 0 when it may now, which the caller has to do: while the provider
   * fails, one session at a time finds out whether it still does.
   */
  readonly start: (id: string) => number;
  readonly succeeded: (id: string) => void;
  /** Returns the milliseconds until the next try. */
  readonly failed: (id: string, failure: RefreshFailure) => number;
  /** Why the last refresh failed. */
  readonly lastProblem: (id: string) => Problem | undefined;
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
    start: (id) => {
      const retryAt = Math.max(sessions.get(id)?.retryAt ?? 0, provider.retryAt);
      const remainingMs = Math.max(0, retryAt - performance.now());
      if (remainingMs === 0) postponeProvider();
      return remainingMs;
    },
    lastProblem: (id) => sessions.get(id)?.problem,
    succeeded: (id) => {
      sessions.delete(id);
      provider.count = 0;
      provider.retryAt = 0;
    },
    failed: (id, { problem, scope, atLeastMs = 0 }) => {
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
