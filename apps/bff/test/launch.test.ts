import { execFile } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterEach, beforeEach, expect, test } from 'vitest';

const launcher = fileURLToPath(new URL('../src/launch.mjs', import.meta.url));
const run = promisify(execFile);
let root = '';

const write = (path: string, text: string, time: number): void => {
  const file = join(root, path);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, text);
  utimesSync(file, time, time);
};

const launch = async (): Promise<{ readonly stdout: string; readonly stderr: string }> =>
  run(process.execPath, [join(root, 'apps/bff/src/launch.mjs'), 'main'], { cwd: root });

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'foyer-launch-'));
  write('package.json', '{ "type": "module" }', 1000);
  for (const file of ['pnpm-lock.yaml', 'apps/bff/vite.config.ts']) write(file, '', 1000);
  write('apps/bff/src/main.ts', "console.log('source' as string);", 1000);
  for (const name of ['contract', 'fastify']) write(`packages/${name}/src/index.ts`, '', 1000);
  copyFileSync(launcher, join(root, 'apps/bff/src/launch.mjs'));
  utimesSync(join(root, 'apps/bff/src/launch.mjs'), 1000, 1000);
});

afterEach(() => rmSync(root, { recursive: true }));

test('pnpm start runs the source where nothing is built', async () => {
  expect(await launch()).toEqual({ stdout: 'source\n', stderr: '' });
});

test('pnpm start runs what is built', async () => {
  write('apps/bff/dist/main.mjs', "console.log('built');", 2000);
  expect(await launch()).toEqual({ stdout: 'built\n', stderr: '' });
});

test.for([
  'apps/bff/src/main.ts',
  'packages/fastify/src/index.ts',
  'packages/contract/src/index.ts',
  'pnpm-lock.yaml',
  'apps/bff/vite.config.ts',
])('pnpm start runs the source, and says so, when %s is newer than what is built', async (path) => {
  write('apps/bff/dist/main.mjs', "console.log('built');", 2000);
  utimesSync(join(root, path), 3000, 3000);
  expect(await launch()).toEqual({
    stdout: 'source\n',
    stderr: 'The built server is older than its source, which is run instead. Build it: npx pnpm build.\n',
  });
});
