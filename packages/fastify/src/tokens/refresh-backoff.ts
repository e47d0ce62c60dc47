import type { Problem } from '../problems.ts';

/** What a failed refresh says about others: its session alone is in trouble, or every session of this provider. */
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

interface Failures {
  count: number;
  /** On the clock of `performance.now()`. */
  retryAt: number;
  problem?: Problem;
}

const firstDelayMs = 1000;
const longestSessionDelayMs = 30_000;
const longestProviderDelayMs = 10_000;
/** One failure may be chance; from the third in a row on the provider is down for all sessions. */
const failuresOfAnOutage = 3;
const maxSessions = 10_000;

const delayMs = (count: number, longestMs: number): number =>
  Math.min(longestMs, firstDelayMs * 2 ** (count - 1)) * (0.5 + Math.random() / 2);

/** Makes the back-off of one process: exponential, with jitter, per session and for the provider as a whole. */
export const createRefreshBackoff = (): RefreshBackoff => {
  const sessions = new Map<string, Failures>();
  const provider: Failures = { count: 0, retryAt: 0 };

  const isOutage = (): boolean => provider.count >= failuresOfAnOutage;

  const postponeProvider = (): void => {
    if (!isOutage()) return;
    const outageCount = provider.count - failuresOfAnOutage + 1;
    provider.retryAt = performance.now() + delayMs(outageCount, longestProviderDelayMs);
  };

  const failSession = (id: string, { atLeastMs, problem }: Failure): number => {
    const count = (sessions.get(id)?.count ?? 0) + 1;
    const waitMs = Math.max(delayMs(count, longestSessionDelayMs), atLeastMs);
    sessions.delete(id);
    sessions.set(id, { count, retryAt: performance.now() + waitMs, problem });
    const [oldest] = sessions.keys();
    if (sessions.size > maxSessions && oldest !== undefined) sessions.delete(oldest);
    return waitMs;
  };

  return {
    remainingMs: (id) => {
      const retryAt = Math.max(sessions.get(id)?.retryAt ?? 0, isOutage() ? provider.retryAt : 0);
      return Math.max(0, retryAt - performance.now());
    },
    lastProblem: (id) => sessions.get(id)?.problem,
    starts: postponeProvider,
    succeeded: (id) => {
      sessions.delete(id);
      provider.count = 0;
    },
    failed: (id, failure) => {
      if (failure.scope === 'provider') {
        provider.count += 1;
        postponeProvider();
      }
      return failSession(id, failure);
    },
  };
};
