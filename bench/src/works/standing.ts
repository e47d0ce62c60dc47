import { setTimeout as sleep } from 'node:timers/promises';
import { summarise } from '../arithmetic.ts';
import { startFloor } from '../floors.ts';
import { startProduct } from '../product.ts';
import type { Measured } from '../report.ts';
import type { Subject } from '../subject.ts';
import { writeTable } from '../table.ts';

/** What a server takes before and between requests. */
interface Standing {
  readonly name: string;
  /** Milliseconds from the start of the process to its first answer. */
  readonly startedIn: number;
  /** Resident bytes a moment later, when what loads late is there. */
  readonly rss: number;
}

/** Milliseconds. */
const settling = 1000;

const columns = [
  { title: 'server', isNumber: false },
  { title: 'start to first answer', isNumber: true },
  { title: 'idle memory', isNumber: true },
];

const repeat = async (starts: number, start: () => Promise<Subject>): Promise<Standing> => {
  const seen: Standing[] = [];
  for (let count = 0; count < starts; count += 1) {
    const subject = await start();
    await sleep(settling);
    const { rss } = await subject.usage();
    seen.push({ name: subject.name, startedIn: subject.startedIn, rss });
    await subject.stop();
  }
  const [first] = seen;
  if (first === undefined) throw new RangeError('Nothing was started');
  const { median: startedIn } = summarise(seen.map((each) => each.startedIn));
  return { name: first.name, startedIn, rss: summarise(seen.map((each) => each.rss)).median };
};

/** Milliseconds and megabytes of this machine. */
const writeStandings = (standings: readonly Standing[]): string => {
  const rows = standings.map(({ name, startedIn, rss }) => [
    name,
    `${Math.round(startedIn)} ms`,
    `${Math.round(rss / 1e6)} MB`,
  ]);
  return `### Start and memory\n\n${writeTable(columns, rows)}\n`;
};

/** Starts the product and its floor again and again; the first start keeps compiled code for the others. */
export const measureStanding = async (starts: number): Promise<Measured> => {
  const standings = [
    await repeat(starts, () => startFloor('bare Fastify', 'bare-fastify')),
    await repeat(starts, () => startProduct('Foyer, sqlite, as shipped')),
  ];
  return { table: writeStandings(standings), figures: { standings } };
};
