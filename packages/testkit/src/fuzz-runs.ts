const { FUZZ_RUNS } = process.env;

/**
 * How often a property is tried: as often as `FUZZ_RUNS` says (`pnpm fuzz 10000` sets it), or else `usual`, which is
 * quick enough for every run of the suite.
 */
export function fuzzRuns(usual: number): { readonly numRuns: number } {
  return { numRuns: FUZZ_RUNS === undefined ? usual : Number(FUZZ_RUNS) };
}

/** Milliseconds a property that speaks to a server may take: without end when `FUZZ_RUNS` says how often. */
export const fuzzTimeout: number = FUZZ_RUNS === undefined ? 20_000 : 0;
