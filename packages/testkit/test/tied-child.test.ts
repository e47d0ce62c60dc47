import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const tiedChild = fileURLToPath(new URL('../src/tied-child.ts', import.meta.url));

test('a tied child ends with the process that started it', async () => {
  const parent = spawn(process.execPath, [
    '--input-type=module',
    '--eval',
    `import { spawn } from 'node:child_process';
     const { tieToThisProcess } = await import(${JSON.stringify(tiedChild)});
     tieToThisProcess(spawn('sleep', ['600'], { stdio: 'inherit' }));
     process.stdout.write('started', () => process.exit(3));`,
  ]);
  const [written] = await once(parent.stdout, 'data');
  expect(String(written)).toBe('started');
  // The child holds the same pipe open for as long as it lives: it closes when both have ended.
  const [code] = await once(parent, 'close');
  expect(code).toBe(3);
});
