import { expect, test } from 'vitest';
import { createSection, writeReport } from '../src/report.ts';

const costs = new Map([
  ['dear', [30, 33, 36]],
  ['floor', [10, 11, 12]],
]);

test('a section holds ratios to its floor, the cheapest first', () => {
  const { lines } = createSection({ title: '/api/me', floor: 'floor' }, costs);
  expect(lines).toEqual([
    { name: 'floor', ratio: 1, spread: 0, figures: {} },
    { name: 'dear', ratio: 3, spread: 0, figures: {} },
  ]);
});

test('a section without its floor is reported', () => {
  expect(() => createSection({ title: '/api/me', floor: 'missing' }, costs)).toThrow('missing');
});

test('the report has a titled table a section', () => {
  expect(writeReport([createSection({ title: '/api/me', floor: 'floor' }, costs)])).toBe(
    '### /api/me\n\n| server | CPU, floor = 1 | spread |\n| --- | ---: | ---: |\n| floor | 1.00 | 0 % |\n| dear | 3.00 | 0 % |\n',
  );
});

test('what else a contender reports has a column of its own', () => {
  const contenders = [{ name: 'dear', figures: () => ({ calls: 2 }) }];
  expect(writeReport([createSection({ title: 'login', floor: 'floor' }, costs, contenders)])).toBe(
    '### login\n\n| server | CPU, floor = 1 | spread | calls |\n| --- | ---: | ---: | ---: |\n| floor | 1.00 | 0 % |  |\n| dear | 3.00 | 0 % | 2.00 |\n',
  );
});

test('a figure that is not CPU time is labelled as such', () => {
  const heading = { title: '/api/me', floor: 'floor', quantity: 'p99' };
  expect(writeReport([createSection(heading, costs)])).toContain('| server | p99, floor = 1 | spread |');
});
