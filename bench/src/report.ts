import { compare } from './arithmetic.ts';
import type { Contender, Costs } from './rounds.ts';
import { writeRatio, writeTable } from './table.ts';

interface Line {
  readonly name: string;
  readonly ratio: number;
  readonly spread: number;
  /** By the title of a column. */
  readonly figures: Readonly<Record<string, number>>;
}

/** What a section is called, and what its ratios are of. */
export interface Heading {
  readonly title: string;
  /** The contender that counts as 1. */
  readonly floor: string;
  /** Default `CPU`. */
  readonly quantity?: string;
}

/** What was measured of one work: ratios to that of its floor. */
export interface Section extends Heading {
  readonly lines: readonly Line[];
}

/** Figures of a work that is not measured in rounds. */
export interface Measured {
  /** Markdown, with its title. */
  readonly table: string;
  /** The same for the file of results. */
  readonly figures: Readonly<Record<string, unknown>>;
}

/** Divides by the floor, round by round, and puts the cheapest first. Throws when there is no such floor. */
export const createSection = (
  heading: Heading,
  costs: Costs,
  contenders: readonly Pick<Contender, 'name' | 'figures'>[] = [],
): Section => {
  const base = costs.get(heading.floor);
  if (base === undefined) throw new RangeError(`There is no floor called ${heading.floor}`);
  const lines = [...costs].map(([name, values]) => {
    const { median: ratio, spread } = compare(values, base);
    const figures = contenders.find((contender) => contender.name === name)?.figures?.() ?? {};
    return { name, ratio, spread, figures };
  });
  return { ...heading, lines: lines.sort((one, other) => one.ratio - other.ratio) };
};

/** The sections as markdown, a table each. */
export const writeReport = (sections: readonly Section[]): string =>
  sections
    .map(({ title, floor, quantity = 'CPU', lines }) => {
      const titles = [...new Set(lines.flatMap(({ figures }) => Object.keys(figures)))];
      const columns = [
        { title: 'server', isNumber: false },
        { title: `${quantity}, ${floor} = 1`, isNumber: true },
        { title: 'spread', isNumber: true },
        ...titles.map((each) => ({ title: each, isNumber: true })),
      ];
      const rows = lines.map(({ name, ratio, spread, figures }) => [
        name,
        writeRatio(ratio),
        `${Math.round(spread * 100)} %`,
        ...titles.map((each) => figures[each]?.toFixed(2) ?? ''),
      ]);
      return `### ${title}\n\n${writeTable(columns, rows)}\n`;
    })
    .join('\n');
