const { FUZZ_RUNS } = process.env;

/**
 * The number of runs of a property: `FUZZ_RUNS` when it is set (`pnpm fuzz 10000` sets it), else `defaultRuns`, which
 * should take little time, because it applies to every run of the suite.
 */
export function fuzzRuns(defaultRuns: number): { readonly numRuns: number } {
  return { numRuns: FUZZ_RUNS === undefined ? defaultRuns : Number(FUZZ_RUNS) };
}

/** The timeout of a property that sends requests to a server; 0, no timeout, when `FUZZ_RUNS` is set. */
export const fuzzTimeout: number = FUZZ_RUNS === undefined ? 20_000 : 0;
