import { existsSync, globSync, readFileSync } from 'node:fs';
import { Script } from 'node:vm';
import { expect, test } from 'vitest';
import { root } from './kit/pages.ts';

const allowed: Readonly<Record<string, readonly string[]>> = {
  'packages/contract': [],
  'packages/client': ['@foyer/contract'],
  'packages/fastify': ['@foyer/contract'],
  'packages/dev-provider': [],
  'packages/environment': ['@foyer/fastify'],
  'packages/doctor': ['@foyer/contract', '@foyer/environment', '@foyer/fastify'],
  'apps/bff': ['@foyer/contract', '@foyer/doctor', '@foyer/environment', '@foyer/fastify'],
  'apps/web': ['@foyer/client', '@foyer/contract'],
};

const dependenciesOf = (folder: string): readonly string[] => {
  const url = new URL(`../../../${folder}/package.json`, import.meta.url);
  const manifest: unknown = JSON.parse(readFileSync(url, 'utf8'));
  const { dependencies = {} } = Object(manifest);
  return Object.keys(Object(dependencies));
};

test.each(Object.entries(allowed))('%s depends on no package of ours but its own', (folder, ours) => {
  const found = dependenciesOf(folder).filter((name) => name.startsWith('@foyer/'));
  expect(found.filter((name) => !ours.includes(name))).toEqual([]);
});

test('the contract depends on nothing', () => {
  expect(dependenciesOf('packages/contract')).toEqual([]);
});

test('the health checks of the images are programs', () => {
  const dockerfile = readFileSync(new URL('../../../Dockerfile', import.meta.url), 'utf8');
  const checks = [...dockerfile.matchAll(/^ +CMD (\[.*\])$/gm)].map(([, command = '']) =>
    JSON.parse(command),
  );
  expect(checks.map(([node, flag]) => [node, flag])).toEqual(Array(3).fill(['/nodejs/bin/node', '-e']));
  for (const [, , program] of checks) expect(new Script(program)).toBeDefined();
});

const starters = ['package.json', 'Dockerfile', 'apps/*/src/*.ts', 'bench/src/*.ts', '.ci/run'];
const guides = ['docs/*.md'];

test.each(globSync([...starters, ...guides], { cwd: root }))(
  'every program that %s starts is there',
  (path) => {
    const text = readFileSync(root + path, 'utf8');
    const named = [
      ...text.matchAll(/(?<![\w./-])(?:apps|packages|bench|scripts|tools)\/[\w./-]+\.(?:ts|js|mjs)\b/g),
    ];
    expect(named.map(([file]) => file).filter((file) => !existsSync(root + file))).toEqual([]);
  },
);
