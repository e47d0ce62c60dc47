import { expect, test } from 'vitest';
import { passLargeBodies } from './kit/large-bodies.ts';

const mebibyte = 1024 * 1024;

test.runIf(process.platform === 'linux')(
  'bodies far larger than its memory pass through the BFF in either direction',
  async () => {
    const size = 128 * mebibyte;
    const { uploaded, downloaded, before, peak } = await passLargeBodies(size);
    expect([uploaded, downloaded]).toEqual([size, size]);
    expect(peak - before).toBeLessThan(96 * mebibyte);
    expect(peak).toBeLessThan(256 * mebibyte);
  },
);
