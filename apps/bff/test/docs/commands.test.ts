import { spawnSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { commandsOfPapers, proofs } from '../kit/command-proofs.ts';
import { blocksIn, pages, root } from '../kit/pages.ts';

const folder = mkdtempSync(join(tmpdir(), 'foyer-commands-'));
afterAll(() => rmSync(folder, { recursive: true }));

const read = (path: string): string => readFileSync(join(root, path), 'utf8');
const untested = [...read('docs/not-tested.md').matchAll(/^\| `([^`]+)` \|/gm)].map(([, name = '']) => name);

test('every command of the pages is run by a test, or named in the page of what is not tested', () => {
  const known = [...Object.keys(proofs), ...untested];
  expect([...commandsOfPapers].sort()).toEqual([...known].sort());
  expect(new Set(known).size).toBe(known.length);
});

test.for(Object.entries(proofs))('%s is run by a test that is there', ([, [file, name]]) => {
  expect(read(file)).toContain(`'${name}'`);
});

const run = (program: string, ...args: readonly string[]): { status: number | null; text: string } => {
  const { status, stdout, stderr } = spawnSync(join(root, 'node_modules/.bin', program), args, {
    cwd: folder,
    encoding: 'utf8',
    env: { PATH: process.env.PATH, NO_COLOR: '1' },
  });
  return { status, text: stdout + stderr };
};

const inside = (path: string): string => join(folder, path);

const quantities = 'packages/fastify/src/options/quantities.ts';

/** As much of the repository as the exercise needs. */
const layOut = (): void => {
  mkdirSync(inside('packages/fastify/test'), { recursive: true });
  mkdirSync(inside('packages/fastify/src/options'), { recursive: true });
  mkdirSync(inside('tools'));
  for (const path of ['node_modules', 'packages/fastify/node_modules'])
    symlinkSync(join(root, path), inside(path));
  const plugin = 'tools/explicit-return-types.grit';
  for (const path of [quantities, 'packages/fastify/src/options/option.ts', plugin])
    cpSync(join(root, path), inside(path));
  writeFileSync(inside('biome.json'), read('biome.json').replace('"enabled": true', '"enabled": false'));
  writeFileSync(inside('vitest.config.ts'), 'export default {};\n');
};

const change = (path: string, before: string, after: string): void => {
  const text = readFileSync(inside(path), 'utf8');
  expect(text).toContain(before);
  writeFileSync(inside(path), text.replace(before, after));
};

test('the first change of CONTRIBUTING fails, passes once it is made, and is well-formed', () => {
  layOut();
  const [{ code = '' } = {}] = blocksIn('ts').filter(({ place }) => place.startsWith('CONTRIBUTING.md'));
  const [, path = ''] = /^\/\/ (\S+)/.exec(code) ?? [];
  writeFileSync(inside(path), code);
  const before = run('vitest', 'run', path);
  expect([before.status, before.text]).toEqual([
    1,
    expect.stringContaining('expected undefined to be 1209600'),
  ]);

  const text = pages.find((page) => page.path === 'CONTRIBUTING.md')?.text ?? '';
  const [, unit = '', letters = ''] = /one more\s+unit, `([^`]+)`[\s\S]*?`(\([^`]+\))`/.exec(text) ?? [];
  change(quantities, 'd: 86_400 }', `d: 86_400, ${unit} }`);
  change(quantities, '(ms|s|m|h|d)', letters);
  const after = run('vitest', 'run', path);
  expect([after.status, after.text]).toEqual([0, expect.stringContaining('1 passed')]);
  const formatted = run('biome', 'check', '--write', '.');
  expect([formatted.status, formatted.text]).toEqual([0, expect.stringContaining('Checked')]);
});

test('pnpm build makes the SPA that pnpm start serves', () => {
  const { scripts } = JSON.parse(read('apps/web/package.json'));
  expect(scripts.build).toBe('vite build');
  const built = run(
    'vite',
    'build',
    join(root, 'apps/web'),
    '--outDir',
    inside('dist'),
    '--logLevel',
    'warn',
  );
  expect(built.status).toBe(0);
  for (const name of ['index.html.br', 'index.html.gz'])
    expect(existsSync(inside(`dist/${name}`))).toBe(true);
  expect(readFileSync(inside('dist/index.html'), 'utf8')).toContain('<div id="root">');
});
