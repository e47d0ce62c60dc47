import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { readArguments } from '../src/arguments.ts';
import { readNodeOfNpm } from '../src/environment.ts';
import { createManifest } from '../src/manifest.ts';
import { createProduct } from '../src/product.ts';

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'foyer-create-'));
});

afterAll(() => rm(folder, { recursive: true }));

const make = (name: string, packages?: string): Promise<string> =>
  createProduct({ folder: join(folder, name), spa: 'react', packages });

test('without options a product has the React pages, and packages come from the registry', () => {
  expect(readArguments(['my-app'])).toEqual({
    folder: 'my-app',
    spa: 'react',
    packages: undefined,
    wantsHelp: false,
  });
});

test.for([
  ['My Shop', /"My Shop" cannot be a package's name/],
  ['', /my-app is not empty \(work\.txt\)/],
] as const)('on a terminal the name alone is asked for: the answer %j is %s', async ([answer, printed]) => {
  const cwd = await mkdtemp(join(folder, 'terminal-'));
  await mkdir(join(cwd, 'my-app'));
  await writeFile(join(cwd, 'my-app', 'work.txt'), 'of someone');
  const { href } = new URL('../src/main.ts', import.meta.url);
  const command = `"${process.execPath}" -e "import('${href}').then(({ main }) => main([]))"`;
  // Of util-linux: what it runs has a terminal.
  const terminal = spawn('script', ['-qec', command, '/dev/null'], { cwd });
  terminal.stdin.end(`${answer}\n`);
  const [shown] = await Promise.all([text(terminal.stdout), once(terminal, 'close')]);
  expect(shown.match(/Name of the product/g)).toHaveLength(1);
  expect(shown).toMatch(printed);
});

test.for([
  [['my-app', '--sap', 'vue'], /^--sap is not an option .*-- --spa vue\.$/],
  [['my-app', '--spa'], /^--spa is not an option .*-- --spa vue\.$/],
  [['my-app', '--spa', 'ember'], /^There is no SPA "ember": choose one of react, vue, svelte, html, none\.$/],
  [['my-app', 'vue'], /^"vue" is one name too many: put options behind --/],
] as const)('a mistake in %j is one sentence that says what to do', ([args, sentence]) => {
  expect(() => readArguments(args)).toThrow(sentence);
});

test.for(['My App', 'Ünicode', '_hidden', '-', 'a/../B'])('npm does not take the name %j', async (name) => {
  await expect(make(name)).rejects.toThrow(/cannot be a package's name: use lowercase letters/);
  expect(await readdir(folder)).not.toContain(name);
});

test('a folder with something in it is left as it is', async () => {
  await mkdir(join(folder, 'full'));
  await writeFile(join(folder, 'full', 'work.txt'), 'of someone');
  await expect(make('full')).rejects.toThrow(/full is not empty \(work\.txt\): choose another name/);
  expect(await readdir(join(folder, 'full'))).toEqual(['work.txt']);
  await expect(make('full/work.txt')).rejects.toThrow(/cannot be used: choose the path of a folder/);
});

test('a folder without the tarballs is named, with the command that makes them', async () => {
  await expect(make('apart', join(folder, 'nothing'))).rejects.toThrow(/run pnpm build:packages first/);
});

test.for([
  ['npm/11.19.1 node/v20.20.2 linux x64 workspaces/false', 20],
  ['npm/11.6.0 node/v26.0.0 darwin arm64 workspaces/false', 26],
  ['', 24],
] as const)(
  'the Node that warns of engines is that of npm, not the one that runs the command: %j',
  ([agent, major]) => {
    expect(readNodeOfNpm(agent, '24.21.0')).toBe(major);
  },
);

test('a product brings the Node that Foyer is tested with, and allows its install script alone', () => {
  const settings = { name: 'my-app', spa: 'none', versionOf: () => '^1.0.0', added: [] } as const;
  const root = JSON.parse(readFileSync(new URL('../../../package.json', import.meta.url), 'utf8'));
  expect(JSON.parse(createManifest(settings))).toMatchObject({
    optionalDependencies: root.optionalDependencies,
    allowScripts: { node: true },
  });
});
