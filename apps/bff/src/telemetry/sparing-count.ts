/** How many times as long as a count took its answer is good for. */
const rest = 100;

/**
 * A count that costs a hundredth of the time at most, whoever asks how often: the answer is kept for as long as that
 * takes. `clock` is in milliseconds. A count that fails is asked again.
 */
export const createSparingCount = (
  count: () => Promise<number>,
  clock: () => number = () => performance.now(),
): (() => Promise<number>) => {
  let known = 0;
  let goodUntil = Number.NEGATIVE_INFINITY;
  return async () => {
    const start = clock();
    if (start < goodUntil) return known;
    known = await count();
    const end = clock();
    goodUntil = end + (end - start) * rest;
    return known;
  };
};
