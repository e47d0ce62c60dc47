import { expect, test } from 'vitest';
import { memoize } from '../src/memoize.ts';

test('the result for a text is remembered, for as many texts as allowed', () => {
  const made: string[] = [];
  const shout = memoize(2, (text: string) => {
    made.push(text);
    return text.toUpperCase();
  });
  expect(['a', 'b', 'a', 'b', 'c', 'c', 'a'].map(shout)).toEqual(['A', 'B', 'A', 'B', 'C', 'C', 'A']);
  expect(made).toEqual(['a', 'b', 'c', 'a']);
});
