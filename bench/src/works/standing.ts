import { setTimeout as sleep } from 'node:timers/promises';
import { summarise } from '../arithmetic.ts';
import { startFloor } from '../floors.ts';
import { startProduct } from '../product.ts';
import type { Measured } from '../report.ts';
import type { Subject } from '../subject.ts';
import { writeTable } from '../table.ts';

/** Start time and idle memory of a server. */
interface Standing {
  readonly name: string;
  /** Milliseconds from the start of the process to its first answer. */
  readonly startedIn: number;
  /** Resident bytes after `idling`. */
  readonly rss: number;
}

/** Milliseconds without a request, after which memory is read. */
const idling = 12_000;

const columns = [
  { title: 'server', isNumber: false },
  { title: 'start to first answer', isNumber: true },
  { title: 'idle memory', isNumber: true },
];

/** Milliseconds after which a server has kept what it compiles, what it loads late too. */
const keeping = 7000;

/** How many of each idle together. */
const idlers = 3;

type Start = () => Promise<Subject>;

/** How long several starts take, one after the other, when one before them has kept compiled code. */
const timeStarts = async (starts: number, start: Start): Promise<number> => {
  const before = await start();
  await sleep(keeping);
  await before.stop();
  const times: number[] = [];
  for (let count = 0; count < starts; count += 1) {
    const subject = await start();
    times.push(subject.startedIn);
    await subject.stop();
  }
  return summarise(times).median;
};

const readMemory = async (subjects: readonly Subject[]): Promise<number> => {
  const usages = await Promise.all(subjects.map(({ usage }) => usage()));
  return summarise(usages.map(({ rss }) => rss)).median;
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

const servers: Readonly<Record<string, (name: string) => Promise<Subject>>> = {
  'bare Fastify': (name) => startFloor(name, 'bare-fastify'),
  'Foyer, sqlite, as shipped': (name) => startProduct(name),
};

/** Starts the product and its floor again and again. */
export const measureStanding = async (starts: number): Promise<Measured> => {
  const timed: { readonly name: string; readonly startedIn: number; readonly idle: readonly Subject[] }[] =
    [];
  for (const [name, startNamed] of Object.entries(servers)) {
    const start: Start = () => startNamed(name);
    const startedIn = await timeStarts(starts, start);
    timed.push({ name, startedIn, idle: await Promise.all(Array.from({ length: idlers }, start)) });
  }
  await sleep(idling);
  const standings = await Promise.all(
    timed.map(async ({ name, startedIn, idle }) => ({ name, startedIn, rss: await readMemory(idle) })),
  );
  await Promise.all(timed.flatMap(({ idle }) => idle.map(({ stop }) => stop())));
  return { table: writeStandings(standings), figures: { standings } };
};
