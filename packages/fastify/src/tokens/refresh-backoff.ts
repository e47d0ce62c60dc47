/** What a failed refresh says about others: its session alone is in trouble, or every session of this provider. */
export type FailureScope = 'session' | 'provider';

/** When refreshes that failed are tried again. */
export interface RefreshBackoff {
  /** Milliseconds until this session is to be refreshed again; 0 when it may be now. */
  readonly remainingMs: (sessionId: string) => number;
  /** Called when a refresh starts: while the provider fails, one session at a time finds out whether it still does. */
  readonly starts: () => void;
  readonly succeeded: (sessionId: string) => void;
  /** Returns the milliseconds until the next try. `atLeastMs` is what the provider asked for. */
  readonly failed: (sessionId: string, failure: { scope: FailureScope; atLeastMs: number }) => number;
}

interface Failures {
  count: number;
  /** On the clock of `performance.now()`. */
  retryAt: number;
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

  const failSession = (id: string, atLeastMs: number): number => {
    const count = (sessions.get(id)?.count ?? 0) + 1;
    const waitMs = Math.max(delayMs(count, longestSessionDelayMs), atLeastMs);
    sessions.delete(id);
    sessions.set(id, { count, retryAt: performance.now() + waitMs });
    const [oldest] = sessions.keys();
    if (sessions.size > maxSessions && oldest !== undefined) sessions.delete(oldest);
    return waitMs;
  };

  return {
    remainingMs: (id) => {
      const retryAt = Math.max(sessions.get(id)?.retryAt ?? 0, isOutage() ? provider.retryAt : 0);
      return Math.max(0, retryAt - performance.now());
    },
    starts: postponeProvider,
    succeeded: (id) => {
      sessions.delete(id);
      provider.count = 0;
    },
    failed: (id, { scope, atLeastMs }) => {
      if (scope === 'provider') {
        provider.count += 1;
        postponeProvider();
      }
      return failSession(id, atLeastMs);
    },
  };
};
