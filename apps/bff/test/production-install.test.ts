import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, onTestFinished, test } from 'vitest';

const root = fileURLToPath(new URL('../../../', import.meta.url));

/** The command of the image's stage that installs what production runs. */
const installOfImage = (): string => {
  const stage = readFileSync(join(root, 'Dockerfile'), 'utf8').split(' AS bff-modules\n')[1] ?? '';
  const [, command = ''] = /^RUN --mount=\S+ \\\n([\s\S]+?[^\\])\n/.exec(stage) ?? [];
  return command.replaceAll('\\\n', ' ').trim();
};

test('what the image installs is all that the server loads', () => {
  const folder = mkdtempSync(join(tmpdir(), 'foyer-production-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const tracked = execFileSync('git', ['ls-files', '-co', '--exclude-standard'], {
    cwd: root,
    encoding: 'utf8',
  });
  const isNeeded = (path: string): boolean =>
    /^(apps\/bff|packages|scripts)\/|^(package\.json|pnpm-.*|\.pnpmfile\.mjs)$/.test(path) ||
    path.endsWith('/package.json');
  for (const path of tracked.split('\n').filter(isNeeded)) cpSync(join(root, path), join(folder, path));

  const command = installOfImage();
  expect(command).toMatch(/^pnpm install --prod .*--filter @foyer\/bff\.\.\./);
  const local = command.replace('pnpm install', 'npx --yes pnpm install --prefer-offline');
  const installed = spawnSync('sh', ['-c', local], { cwd: folder, encoding: 'utf8' });
  expect([installed.status, installed.stderr]).toEqual([0, expect.any(String)]);

  const loading = ['apps/bff/src/run.ts', 'packages/fastify/src/spa/dev-server.ts']
    .map((path) => `await import('./${path}');`)
    .join('\n');
  const flags = ['--input-type=module', '--eval', loading];
  const loaded = spawnSync(process.execPath, flags, { cwd: folder, encoding: 'utf8' });
  expect([loaded.status, loaded.stderr]).toEqual([0, '']);
  const inPlugin = createRequire(join(folder, 'packages/fastify/src/index.ts'));
  for (const peer of ['ioredis', '@fastify/http-proxy']) expect(inPlugin.resolve(peer)).toContain(peer);
}, 120_000);
