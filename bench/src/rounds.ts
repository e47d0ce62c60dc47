import { type Load, type Shot, sendLoad } from './load.ts';
import type { Subject } from './subject.ts';

/** One line of a table: a request to a server. */
export interface Contender {
  readonly name: string;
  readonly subject: Subject;
  readonly shot: Shot;
}

/** How long and how often. */
export interface Pace {
  readonly rounds: number;
  /** Milliseconds a contender and round. */
  readonly slice: number;
  /** Milliseconds of load before the first round. */
  readonly warmUp: number;
}

/** CPU microseconds a request, round by round, by the contender's name. */
export type Costs = ReadonlyMap<string, readonly number[]>;

const connections = 8;

const measure = async ({ subject, shot }: Contender, milliseconds: number): Promise<number> => {
  const before = await subject.usage();
  const { requests }: Load = await sendLoad(shot, { milliseconds, connections });
  const after = await subject.usage();
  return (after.cpu - before.cpu) / requests;
};

/** Measures the contenders in turn, round after round, so that whatever else the machine does meets them all. */
export const runRounds = async (
  contenders: readonly Contender[],
  { rounds, slice, warmUp }: Pace,
): Promise<Costs> => {
  for (const contender of contenders) await measure(contender, warmUp);
  const costs = new Map<string, number[]>(contenders.map(({ name }) => [name, []]));
  for (let round = 0; round < rounds; round += 1)
    for (const contender of contenders) costs.get(contender.name)?.push(await measure(contender, slice));
  return costs;
};
