import { stat } from 'node:fs/promises';
import { expect, onTestFinished, test } from 'vitest';
import { guardStore } from '../../src/session/store-guard.ts';
import { openMemoryStore } from '../../src/stores/sqlite/sqlite-store.ts';

const standStill = (milliseconds: number): void => {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, milliseconds);
};

test('a process that stood still for a second takes the answers that came meanwhile', async () => {
  const store = openMemoryStore();
  onTestFinished(() => store.close());
  const guarded = guardStore({ ...store, readClaim: async () => ((await stat('.')).isDirectory() ? 1 : 0) });
  const answer = guarded.readClaim('value');
  standStill(1050);
  expect(await answer).toBe(1);
});

test('a store that never answers is given up, and the caller learns why', async () => {
  const store = openMemoryStore();
  onTestFinished(() => store.close());
  const { promise: never } = Promise.withResolvers<number>();
  const guarded = guardStore({ ...store, readClaim: () => never });
  await expect(guarded.readClaim('value')).rejects.toMatchObject({
    code: 'store_unavailable',
    cause: new Error('No answer within 1000 ms'),
  });
});
