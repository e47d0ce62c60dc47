import { globSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const src = fileURLToPath(new URL('../src/', import.meta.url));

/** Each folder imports from its own files and from the folders before it, types included; so no two import each other. */
const folders = [
  ...['problems', 'memoize', 'stores', 'logging', 'events', 'options', 'browser-security', 'provider'],
  ...[
    'session',
    'pages',
    'server',
    'login',
    'tokens',
    'bff',
    'gate',
    'proxy',
    'spa',
    'routes',
    'plugin',
    'index',
  ],
];

/** The folder of a file, or its name where it stands at the root; `options.ts` belongs to `options/`. */
const folderOf = (file: string): string => file.split('/', 1)[0]?.replace(/\.ts$/, '') ?? '';

const importsOf = (file: string): readonly string[] =>
  [...readFileSync(join(src, file), 'utf8').matchAll(/(?:from|import\()\s*'(\.[^']+)'/g)].map(
    ([, path = '']) => relative(src, join(src, dirname(file), path)),
  );

const files = globSync('**/*.ts', { cwd: src });

test('every file stands in a folder of the list', () => {
  expect(files.length).toBeGreaterThan(100);
  expect([...new Set(files.map(folderOf))].sort()).toEqual([...folders].sort());
});

test('no folder imports from one that comes after it', () => {
  const backwards = files.flatMap((file) =>
    importsOf(file)
      .filter((imported) => folders.indexOf(folderOf(imported)) > folders.indexOf(folderOf(file)))
      .map((imported) => `${file} imports ${imported}`),
  );
  expect(backwards).toEqual([]);
});

test('only the plugin and the index import from routes', () => {
  const importers = files.filter((file) =>
    importsOf(file).some((imported) => folderOf(imported) === 'routes'),
  );
  expect([...new Set(importers.map(folderOf))].sort()).toEqual(['index', 'plugin', 'routes']);
});

/** Files that a file loads at once; types and what is loaded when it is needed are left out. */
const loadedBy = (file: string): readonly string[] =>
  [
    ...readFileSync(join(src, file), 'utf8').matchAll(/^(?:import|export) (?!type )[^;]*?from '([^']+)'/gm),
  ].map(([, path = '']) => (path.startsWith('.') ? relative(src, join(src, dirname(file), path)) : path));

test('a start loads neither openid-client nor jose: no page waits for them', () => {
  const loaded = new Set(['index.ts']);
  for (const file of loaded)
    if (files.includes(file)) for (const imported of loadedBy(file)) loaded.add(imported);
  expect(loaded).toContain('fastify-plugin');
  expect([...loaded].filter((name) => ['openid-client', 'jose'].includes(name))).toEqual([]);
});
