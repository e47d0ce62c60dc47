import { expect, test } from 'vitest';
import { memoize } from '../src/memoize.ts';

test('what was made of a text is remembered, and no more texts than were allowed', () => {
  const made: string[] = [];
  const shout = memoize(2, (text: string) => {
    made.push(text);
    return text.toUpperCase();
  });
  expect(['a', 'b', 'a', 'b', 'c', 'c', 'a'].map(shout)).toEqual(['A', 'B', 'A', 'B', 'C', 'C', 'A']);
  expect(made).toEqual(['a', 'b', 'c', 'a']);
});
