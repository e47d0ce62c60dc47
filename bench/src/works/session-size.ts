import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { Measured } from '../report.ts';
import { writeTable } from '../table.ts';

/** What a store holds of many sessions, a session. Bytes. */
interface SessionSize {
  readonly store: string;
  readonly sessions: number;
  readonly tokens: number;
  /** What the store grew by. */
  readonly stored: number;
  /** What the process held more, beside a store in its memory. */
  readonly process: number;
}

const program = fileURLToPath(new URL('../../../packages/fastify/test/kit/bench-store.ts', import.meta.url));

const columns = ['store', 'sessions', 'in the store, each', 'beyond its tokens', 'in the process'].map(
  (title, index) => ({ title, isNumber: index > 0 }),
);

const bytes = (value: number): string => `${(Math.round(value) + 0).toLocaleString('en')} B`;

const writeSessions = (found: readonly SessionSize[]): string => {
  const rows = found.map(({ store, sessions, tokens, stored, process }) => {
    const sizes = [stored, stored - tokens, process].map(bytes);
    return [store, sessions.toLocaleString('en'), ...sizes];
  });
  return `### A session\n\n${writeTable(columns, rows)}\n`;
};

/** The stores of one run, a line each. */
const fillStores = (count: number): readonly SessionSize[] => {
  const { status, stdout, stderr } = spawnSync(process.execPath, [program, String(count), '--json']);
  if (status !== 0) throw new Error(`The stores were not measured:\n${stderr}`);
  const sizes: readonly SessionSize[] = JSON.parse(String(stdout));
  return sizes;
};

/** Fills each store with so many sessions, in a process of its own. */
export const measureSessions = (counts: readonly number[]): Measured => {
  const sizes = counts.flatMap(fillStores);
  return { table: writeSessions(sizes), figures: { sizes } };
};
