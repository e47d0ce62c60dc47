import { expect, test } from 'vitest';
import { createSparingCount } from '../src/telemetry/sparing-count.ts';

/** A store of which the first count takes so many milliseconds, and says how often it was counted. */
const startCounting = (milliseconds: number) => {
  const clock = { now: 0 };
  let counted = 0;
  const ask = createSparingCount(
    async () => {
      clock.now += milliseconds;
      counted += 1;
      return counted;
    },
    () => clock.now,
  );
  return { ask, clock };
};

test('a count of 150 ms, as in a Redis, is good for 15 s', async () => {
  const { ask, clock } = startCounting(150);
  expect([await ask(), await ask()]).toEqual([1, 1]);
  clock.now += 14_999;
  expect(await ask()).toBe(1);
  clock.now += 1;
  expect(await ask()).toBe(2);
});

test('a count that is fast is made each time', async () => {
  const { ask } = startCounting(0);
  expect([await ask(), await ask()]).toEqual([1, 2]);
});

test('a count that failed is made again', async () => {
  let isDown = true;
  const ask = createSparingCount(async () => {
    if (isDown) throw new Error('down');
    return 7;
  });
  await expect(ask()).rejects.toThrow('down');
  isDown = false;
  expect(await ask()).toBe(7);
});
