import { globSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { type Paper, papers, proseOf, root } from '../kit/papers.ts';

const forms: readonly Paper[] = globSync('.github/ISSUE_TEMPLATE/*.yml', { cwd: root }).map((path) => ({
  path,
  text: readFileSync(root + path, 'utf8'),
}));

const prose = (paper: Paper): string => proseOf(paper).replaceAll(/`[^`\n]*`/g, '``');

test('apostrophes and quotes have one spelling in prose: ’ and “”', () => {
  const straight = [...papers, ...forms].flatMap((paper) =>
    [...prose(paper).matchAll(/.*(?:[\w`]'\w|\ws'[\s.,;:)]|").*/g)].map(([line]) => `${paper.path}: ${line}`),
  );
  expect(straight).toEqual([]);
});

test('no line of prose is too long to be read in an editor; tables, addresses and answers may be', () => {
  const long = papers.flatMap((paper) =>
    proseOf(paper)
      .split('\n')
      .filter((line) => line.length > 130 && !/^\s*\||https:|^\d{3} · /.test(line))
      .map((line) => `${paper.path}: ${line}`),
  );
  expect(long).toEqual([]);
});

test('no paragraph or item of a list is a wall: at most 100 words', () => {
  const walls = papers.flatMap((paper) =>
    prose(paper)
      .split(/\n\s*\n|\n(?=\s*(?:[-*]|\d+\.) )|\n(?=\*\*)/)
      .filter((part) => !/^\s*\|/.test(part) && part.split(/\s+/).length > 100)
      .map((part) => `${paper.path}: ${part.slice(0, 80)}`),
  );
  expect(walls).toEqual([]);
});
