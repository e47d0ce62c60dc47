import { compare } from './arithmetic.ts';
import type { Costs } from './rounds.ts';
import { writeRatio, writeTable } from './table.ts';

/** What was measured of one work: ratios of CPU to that of its floor. */
export interface Section {
  readonly title: string;
  readonly floor: string;
  readonly lines: readonly { readonly name: string; readonly ratio: number; readonly spread: number }[];
}

/** Divides by the floor, round by round, and puts the cheapest first. Throws when there is no such floor. */
export const createSection = (title: string, floor: string, costs: Costs): Section => {
  const base = costs.get(floor);
  if (base === undefined) throw new RangeError(`There is no floor called ${floor}`);
  const lines = [...costs].map(([name, values]) => {
    const { median: ratio, spread } = compare(values, base);
    return { name, ratio, spread };
  });
  return { title, floor, lines: lines.sort((one, other) => one.ratio - other.ratio) };
};

/** The sections as markdown, a table each. */
export const writeReport = (sections: readonly Section[]): string =>
  sections
    .map(({ title, floor, lines }) => {
      const columns = [
        { title: 'server', isNumber: false },
        { title: `CPU, ${floor} = 1`, isNumber: true },
        { title: 'spread', isNumber: true },
      ];
      const rows = lines.map(({ name, ratio, spread }) => [
        name,
        writeRatio(ratio),
        `${Math.round(spread * 100)} %`,
      ]);
      return `### ${title}\n\n${writeTable(columns, rows)}\n`;
    })
    .join('\n');
