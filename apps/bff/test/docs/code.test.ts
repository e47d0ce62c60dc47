import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { type Block, blocksIn, root } from '../kit/pages.ts';

const extensions: Readonly<Record<string, string>> = { ts: 'ts', tsx: 'tsx', js: 'js', diff: 'tsx' };

/** What a reader has after the change: the removed lines gone, the added ones in. */
const afterChange = (code: string): string =>
  code
    .split('\n')
    .filter((line) => !line.startsWith('-'))
    .map((line) => line.slice(1))
    .join('\n');

const linkPackages = (folder: string, workspace: string): void => {
  const from = join(root, workspace, 'node_modules');
  for (const name of readdirSync(from).filter((each) => !each.startsWith('.'))) {
    const names = name.startsWith('@')
      ? readdirSync(join(from, name)).map((each) => `${name}/${each}`)
      : [name];
    for (const each of names) {
      const to = join(folder, 'node_modules', each);
      mkdirSync(join(to, '..'), { recursive: true });
      rmSync(to, { force: true });
      symlinkSync(join(from, each), to);
    }
  }
};

const compilerOptions = {
  lib: ['es2024', 'dom', 'dom.iterable'],
  types: ['node'],
  jsx: 'react-jsx',
  allowJs: true,
  checkJs: true,
  moduleDetection: 'force',
};

/** Where a block is written: beside the sources it imports when its first line names a file of the repository. */
const fileOf = (folder: string, { place, language, code }: Block): string => {
  const [, own, name] = /^\/\/ ((?:apps|packages)\/[\w-]+)\/test\/([\w.-]+)\n/.exec(code) ?? [];
  if (own === undefined || name === undefined)
    return join(folder, `${place.replaceAll(/[^\w]/g, '-')}.${extensions[language]}`);
  mkdirSync(join(folder, own, 'test'), { recursive: true });
  symlinkSync(join(root, own, 'src'), join(folder, own, 'src'));
  return join(folder, own, 'test', name);
};

const writeBlock = (folder: string, block: Block): void => {
  const text = block.language === 'diff' ? afterChange(block.code) : block.code;
  writeFileSync(fileOf(folder, block), text);
};

test('every block of TypeScript and JavaScript type-checks against the packages', () => {
  const folder = mkdtempSync(join(tmpdir(), 'foyer-docs-'));
  try {
    for (const workspace of ['apps/web', 'apps/bff', 'packages/fastify']) linkPackages(folder, workspace);
    const code = blocksIn(...Object.keys(extensions));
    for (const block of code) writeBlock(folder, block);
    const config = {
      extends: join(root, 'tsconfig.base.json'),
      compilerOptions,
      include: ['*', '*/*/test/*'],
    };
    writeFileSync(join(folder, 'package.json'), '{"type":"module"}');
    writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify(config));
    const { stdout, status } = spawnSync(join(root, 'node_modules/.bin/tsc'), ['-p', folder]);
    expect([stdout.toString(), status, code.length > 5]).toEqual(['', 0, true]);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
