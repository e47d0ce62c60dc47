const firstPauseMs = 250;
const longestPauseMs = 5000;

/** What is fetched from the provider by one request at a time, and after failures less and less often. */
export interface SingleFetch<Value> {
  /** The last that was good. */
  readonly current: () => Value | undefined;
  /** Takes part in the request that is under way. @throws the last failure again, for 250 ms to 5 s after it. */
  readonly fetch: () => Promise<Value>;
  /** Takes part likewise, or throws the last failure, and starts nothing. */
  readonly outcome: () => Promise<Value | undefined>;
}

/** Makes the single fetch of what `load` asks for. */
export const createSingleFetch = <Value>(
  load: () => Promise<Value>,
  clock: () => number,
): SingleFetch<Value> => {
  let current: Value | undefined;
  let running: Promise<Value> | undefined;
  let failure: { readonly error: unknown; readonly pauseMs: number; readonly until: number } | undefined;
  const run = async (): Promise<Value> => {
    try {
      current = await load();
      failure = undefined;
      return current;
    } catch (error) {
      const pauseMs = failure === undefined ? firstPauseMs : Math.min(failure.pauseMs * 2, longestPauseMs);
      failure = { error, pauseMs, until: clock() + pauseMs };
      throw error;
    } finally {
      running = undefined;
    }
  };
  return {
    current: () => current,
    fetch: async () => {
      if (running === undefined && failure !== undefined && clock() < failure.until) throw failure.error;
      running ??= run();
      return running;
    },
    outcome: async () => {
      if (running === undefined && failure !== undefined) throw failure.error;
      return running;
    },
  };
};
