import { expect, test } from 'vitest';
import { takeRandomBytes } from '../src/random-bytes.ts';

test('random bytes are never given out twice, whatever lengths are asked for', () => {
  const seen = new Set<string>();
  const lengths = Array.from({ length: 6000 }, (_, index) => 12 + (index % 88));
  for (const length of lengths) seen.add(takeRandomBytes(length).subarray(0, 12).toString('hex'));
  expect(seen.size).toBe(lengths.length);
});

test('random bytes have every value about as often', () => {
  const counts = new Array<number>(256).fill(0);
  for (let count = 0; count < 1000; count += 1)
    for (const byte of takeRandomBytes(256)) counts[byte] = (counts[byte] ?? 0) + 1;
  // A thousand each, with a standard deviation of 32.
  expect(Math.min(...counts)).toBeGreaterThan(700);
  expect(Math.max(...counts)).toBeLessThan(1300);
});

test('random bytes are in memory of their own, of exactly the length asked for', () => {
  for (const length of [12, 16, 32, 99, 4096]) {
    const taken = takeRandomBytes(length);
    expect([taken.length, taken.byteOffset, taken.buffer.byteLength]).toEqual([length, 0, length]);
  }
});

test('more random bytes than there are at once are refused', () => {
  expect(() => takeRandomBytes(4097)).toThrow(RangeError);
});
