/** What repeated measurements of one thing say together. */
export interface Summary {
  readonly median: number;
  /** The middle half's width over the median: 0.1 is ten per cent. */
  readonly spread: number;
}

/** The value below which `share` (0 to 1) of the sorted values lie, interpolated. Throws when there is none. */
export const quantile = (values: readonly number[], share: number): number => {
  const sorted = [...values].sort((one, other) => one - other);
  const position = (sorted.length - 1) * share;
  const below = sorted[Math.floor(position)];
  const above = sorted[Math.ceil(position)];
  if (below === undefined || above === undefined) throw new RangeError('There is nothing to summarise');
  return below + (above - below) * (position - Math.floor(position));
};

/** Median and spread of the rounds. */
export const summarise = (values: readonly number[]): Summary => {
  const median = quantile(values, 0.5);
  const width = quantile(values, 0.75) - quantile(values, 0.25);
  return { median, spread: median === 0 ? 0 : width / median };
};

/**
 * How many times the floor each round cost: divided round by round, since neighbours in time share what else the
 * machine does, and summarised then.
 */
export const compare = (values: readonly number[], floor: readonly number[]): Summary => {
  if (values.length !== floor.length) throw new RangeError('A round has a value without its floor');
  return summarise(values.map((value, round) => value / (floor[round] ?? Number.NaN)));
};
