import { randomFillSync } from 'node:crypto';

// Asking for random bytes costs more than they do: one asks for many at a time, and gives each out once.
const pool = Buffer.alloc(4096);
let next = pool.length;

/**
 * Random bytes that nobody has had, in memory of their own; the pool keeps no copy.
 *
 * @throws RangeError for more than the pool holds, 4096.
 */
export const takeRandomBytes = (length: number): Buffer => {
  if (length > pool.length) throw new RangeError(`${length} random bytes are more than a pool holds`);
  if (next + length > pool.length) {
    randomFillSync(pool);
    next = 0;
  }
  const taken = Buffer.alloc(length);
  pool.copy(taken, 0, next, next + length);
  pool.fill(0, next, next + length);
  next += length;
  return taken;
};
