import { type Shot, sendLoad } from './load.ts';
import type { Subject } from './subject.ts';

/** One line of a table: a server, and work for it. */
export interface Contender {
  readonly name: string;
  readonly subject: Subject;
  /** Works for about so many milliseconds; returns how often the work was done. */
  readonly work: (milliseconds: number) => Promise<number>;
  /** What is measured of so many milliseconds of work where it is not CPU time. */
  readonly measure?: (milliseconds: number) => Promise<number>;
  /** Throws when the server answers wrongly. */
  readonly check?: () => Promise<unknown>;
  /** What else is reported of it after the last round, by the title of its column. */
  readonly figures?: () => Readonly<Record<string, number>>;
}

/** How long and how often. */
export interface Pace {
  /** How often the servers are started again: a process keeps for good what chance made of its first second. */
  readonly sittings: number;
  /** A sitting. */
  readonly rounds: number;
  /** Milliseconds a contender and round. */
  readonly slice: number;
  /** How often each contender works before the first round: on a busy machine a time would be too little to compile its code. */
  readonly warmUp: number;
}

/** CPU microseconds for a work done, or what else was measured, round by round, by the contender's name. */
export type Costs = ReadonlyMap<string, readonly number[]>;

const connections = 8;

/** The work of asking for one thing again and again. */
export const ask =
  (shot: Shot) =>
  async (milliseconds: number): Promise<number> =>
    (await sendLoad(shot, { milliseconds, connections })).requests;

const measure = async (contender: Contender, milliseconds: number): Promise<number> => {
  if (contender.measure !== undefined) return contender.measure(milliseconds);
  const { subject, work } = contender;
  const before = await subject.usage();
  const done = await work(milliseconds);
  const after = await subject.usage();
  return (after.cpu - before.cpu) / done;
};

const checkAll = async (contenders: readonly Contender[]): Promise<void> => {
  for (const { check } of contenders) await check?.();
};

/** Milliseconds after which a contender that is slow is taken for warm. */
const longestWarmUp = 20_000;

/** In turns, as in the rounds: code that was compiled long ago is no longer in the caches. */
const warm = async (contenders: readonly Contender[], { slice, warmUp }: Pace): Promise<void> => {
  const done = new Map(contenders.map((contender) => [contender, 0]));
  for (let worked = 0; worked < longestWarmUp && done.size > 0; worked += slice)
    for (const [contender, count] of done) {
      const now = count + (await contender.work(slice));
      if (now < warmUp) done.set(contender, now);
      else done.delete(contender);
    }
};

/**
 * Measures the contenders in turn, round after round, so that whatever else the machine does meets them all;
 * checks them before and after, and stops their servers.
 */
const sit = async (contenders: readonly Contender[], pace: Pace): Promise<Costs> => {
  const { rounds, slice } = pace;
  try {
    await checkAll(contenders);
    for (const { subject } of contenders) await subject.ask('stay awake');
    await warm(contenders, pace);
    const costs = new Map<string, number[]>(contenders.map(({ name }) => [name, []]));
    for (let round = 0; round < rounds; round += 1)
      for (const contender of contenders) costs.get(contender.name)?.push(await measure(contender, slice));
    await checkAll(contenders);
    return costs;
  } finally {
    await Promise.all([...new Set(contenders.map(({ subject }) => subject))].map(({ stop }) => stop()));
  }
};

/** What all sittings cost together, and the contenders of the last. */
export interface Outcome {
  readonly costs: Costs;
  readonly contenders: readonly Contender[];
}

/** Lets fresh contenders sit as often as the pace says. */
export const runSittings = async (
  enter: () => Promise<readonly Contender[]>,
  pace: Pace,
): Promise<Outcome> => {
  const costs = new Map<string, readonly number[]>();
  let contenders: readonly Contender[] = [];
  for (let sitting = 0; sitting < pace.sittings; sitting += 1) {
    contenders = await enter();
    for (const [name, values] of await sit(contenders, pace))
      costs.set(name, [...(costs.get(name) ?? []), ...values]);
  }
  return { costs, contenders };
};
