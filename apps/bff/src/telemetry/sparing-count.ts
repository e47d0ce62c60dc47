/** A result is reused for this many times as long as the count took. */
const reuseFactor = 100;

/**
 * Wraps a count so that it runs at most a hundredth of the time, however often it is called: calls in between return the
 * last result. A failed count is repeated by the next call. `clock` is in milliseconds.
 */
export const createSparingCount = (
  count: () => Promise<number>,
  clock: () => number = () => performance.now(),
): (() => Promise<number>) => {
  let lastCount = 0;
  let reusableUntil = Number.NEGATIVE_INFINITY;
  return async () => {
    const start = clock();
    if (start < reusableUntil) return lastCount;
    lastCount = await count();
    const end = clock();
    reusableUntil = end + (end - start) * reuseFactor;
    return lastCount;
  };
};
