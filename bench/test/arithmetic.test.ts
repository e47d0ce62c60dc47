import { expect, test } from 'vitest';
import { compare, quantile, summarise } from '../src/arithmetic.ts';

test('the median stands in the middle, between two values when their number is even', () => {
  expect(summarise([9, 1, 5]).median).toBe(5);
  expect(summarise([4, 1, 2, 3]).median).toBe(2.5);
});

test('the spread is the width of the middle half over the median', () => {
  expect(summarise([1, 2, 3, 4, 5]).spread).toBeCloseTo(2 / 3);
  expect(summarise([7, 7, 7]).spread).toBe(0);
});

test('a quantile lies between its neighbours', () => {
  expect(quantile([10, 20], 0.99)).toBeCloseTo(19.9);
  expect(quantile([1, 2, 3], 1)).toBe(3);
});

test('rounds are compared with the floor of the same round', () => {
  expect(compare([2, 20, 200], [1, 10, 100])).toEqual({ median: 2, spread: 0 });
});

test('a missing value is reported, never filled in', () => {
  expect(() => compare([1, 2], [1])).toThrow(RangeError);
  expect(() => summarise([])).toThrow(RangeError);
});
