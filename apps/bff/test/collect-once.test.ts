import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const cwd = fileURLToPath(new URL('..', import.meta.url));

test('an idle process gives back what its start has taken', () => {
  const script = `import { setTimeout } from 'node:timers/promises';
    import { getHeapSpaceStatistics } from 'node:v8';
    import { collectOnce } from './src/collect-once.ts';
    const young = () => getHeapSpaceStatistics().find(({ space_name: name }) => name === 'new_space').space_size;
    const kept = [];
    const isGrown = () => young() > 8e6;
    while (!isGrown()) kept.push(Array.from({ length: 1000 }, () => ({ kept })));
    collectOnce();
    if (!isGrown()) throw new Error('the collection itself has given it back');
    const end = performance.now() + 20_000;
    while (isGrown() && performance.now() < end) await setTimeout(100);
    console.log(isGrown(), typeof gc);`;
  const flags = ['--input-type=module', '--eval', script];
  expect(String(execFileSync(process.execPath, flags, { cwd })).trim()).toBe('false undefined');
});
