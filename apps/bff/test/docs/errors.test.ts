import { readFileSync } from 'node:fs';
import { type ProblemCode, problems } from '@foyer/contract';
import { Problem } from '@foyer/fastify';
import { expect, test } from 'vitest';
import { pages, root } from '../kit/pages.ts';

const page = readFileSync(`${root}docs/errors.md`, 'utf8');
const entries = page.split(/^## /m).slice(1);
const nameOf = (entry: string): string => entry.split('\n', 1)[0] ?? '';

/** `status · title · advice`, as the code answers it. */
const factsOf = (code: ProblemCode): string => {
  const { status, title, detail } = new Problem(code, 'for the log');
  return `${status} · ${title} · ${detail}`;
};

const isCode = (name: string): name is ProblemCode => Object.hasOwn(problems, name);

test('the page of errors has one entry for each problem code, in the order of the contract', () => {
  expect(entries.map(nameOf)).toEqual(Object.keys(problems));
});

test.for(entries)('an entry has status, title and advice of the code', (entry) => {
  const [code = '', , facts] = entry.split('\n');
  expect(isCode(code) && factsOf(code)).toBe(facts);
});

test('the example is an answer as the contract has it', () => {
  const example = /```json\n([\s\S]*?)```/.exec(page)?.[1] ?? '';
  const { status, title, detail } = new Problem('unauthenticated', 'for the log');
  expect(JSON.parse(example)).toMatchObject({
    type: 'urn:foyer:problem:unauthenticated',
    code: 'unauthenticated',
    status,
    title,
    detail,
  });
});

test('no page names a problem code that does not exist', () => {
  const named = pages.flatMap(({ text }) =>
    [...text.matchAll(/code `([a-z]+_[a-z_]+)`/g)].map(([, code]) => code),
  );
  expect(named.filter((code) => !isCode(code ?? ''))).toEqual([]);
});
