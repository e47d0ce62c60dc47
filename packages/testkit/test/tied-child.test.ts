import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const tiedChild = fileURLToPath(new URL('../src/tied-child.ts', import.meta.url));

test.for([
  ['leaves', 'process.exit(3)', 3],
  ['is killed and can do nothing about it', "process.kill(process.pid, 'SIGKILL')", null],
] as const)('a tied child ends with the process that started it, when that %s', async ([, end, expected]) => {
  const parent = spawn(process.execPath, [
    '--input-type=module',
    '--eval',
    `import { spawn } from 'node:child_process';
     const { tieToThisProcess } = await import(${JSON.stringify(tiedChild)});
     tieToThisProcess(spawn('sleep', ['600'], { stdio: 'inherit' }));
     process.stdout.write('started', () => ${end});`,
  ]);
  const [written] = await once(parent.stdout, 'data');
  expect(String(written)).toBe('started');
  // The child holds the same pipe open for as long as it lives: it closes when both have ended.
  const [code] = await once(parent, 'close');
  expect(code).toBe(expected);
});
