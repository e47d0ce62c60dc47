import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';

const module = new URL('../../src/logging/tick-shape.ts', import.meta.url).href;

/** What V8 knows of the objects that process.nextTick makes, in a process that rested between two floods of ticks. */
const learnt = async (before: string): Promise<string> => {
  const code = `
    import { setImmediate as turn, setTimeout as wait } from 'node:timers/promises';
    ${before}
    const flood = async () => {
      for (let round = 0; round < 400; round += 1) {
        for (let count = 0; count < 50; count += 1) process.nextTick(() => {});
        await turn();
      }
    };
    await flood();
    for (let round = 0; round < 6; round += 1) {
      await wait(1);
      gc();
    }
    await flood();
    const feedback = new Function('f', 'return %GetFeedback(f)')(process.nextTick);
    console.log(feedback.filter((each) => each?.[0] === 'DefineKeyedOwnPropertyInLiteral').map((each) => each[1]).join());`;
  const { stdout } = await promisify(execFile)(process.execPath, [
    ...['--expose-gc', '--allow-natives-syntax', '--input-type', 'module', '--eval', code],
  ]);
  return stdout;
};

test('ticks keep their shape through garbage collections that meet none', async () => {
  const [without, kept] = await Promise.all([
    learnt(''),
    learnt(`const { keepTickShape } = await import('${module}'); keepTickShape();`),
  ]);
  // Where this no longer holds, V8 or Node has mended it: tick-shape.ts may go.
  expect(without).toContain('MEGAMORPHIC');
  expect(kept).toContain('MONOMORPHIC');
  expect(kept).not.toContain('MEGAMORPHIC');
});
