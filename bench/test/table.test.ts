import { expect, test } from 'vitest';
import { writeRatio, writeTable } from '../src/table.ts';

const columns = [
  { title: 'server', isNumber: false },
  { title: 'ratio', isNumber: true },
];

test('a table has its titles, a rule and a line a row', () => {
  expect(writeTable(columns, [['bare Fastify', '1.00']])).toBe(
    '| server | ratio |\n| --- | ---: |\n| bare Fastify | 1.00 |',
  );
});

test('a bar in a cell does not make another cell', () => {
  expect(writeTable(columns, [['a|b', '1']])).toContain('| a\\|b | 1 |');
});

test('a row with a cell too few is reported', () => {
  expect(() => writeTable(columns, [['bare Fastify']])).toThrow(RangeError);
});

test('ratios have two digits below ten and one above', () => {
  expect(writeRatio(1.005)).toBe('1.00');
  expect(writeRatio(12.34)).toBe('12.3');
});
