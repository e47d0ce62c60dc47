import { executionAsyncResource } from 'node:async_hooks';

let kept: object | undefined;

/**
 * Keeps one of the objects that Node queues for `process.nextTick`, once a process. V8 forgets the shape of an object
 * when some garbage collections in a row meet none of it, and from then on, for good, each tick costs five times as
 * much: a server that rests for a moment after its start paid for it with a tenth of every later request.
 */
export const keepTickShape = (): void => {
  if (kept !== undefined) return;
  process.nextTick(() => {
    kept = executionAsyncResource();
  });
};
