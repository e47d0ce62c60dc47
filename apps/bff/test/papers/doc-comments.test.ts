import { globSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { root } from '../kit/papers.ts';

const sources = globSync('{apps,packages}/*/src/**/*.{ts,tsx}', { cwd: root }).map((path) => ({
  path,
  lines: readFileSync(root + path, 'utf8').split('\n'),
}));

const declaration = /^export (?:async )?(?:const|interface|type|class|function) (?!\{)/;

test('every export that is declared has a doc comment', () => {
  const bare = sources.flatMap(({ path, lines }) =>
    lines.flatMap((line, at) =>
      declaration.test(line) && !lines[at - 1]?.trimEnd().endsWith('*/') ? [`${path}:${at + 1}`] : [],
    ),
  );
  expect(sources.length).toBeGreaterThan(100);
  expect(bare).toEqual([]);
});

test('every option of the plugin says what it is for', () => {
  const { lines = [] } = sources.find(({ path }) => path === 'packages/fastify/src/options.ts') ?? {};
  const start = lines.indexOf('export interface BffOptions {');
  const members = lines.slice(start, lines.indexOf('}', start));
  const bare = members.filter((line, at) => /^ {2}readonly /.test(line) && !members[at - 1]?.endsWith('*/'));
  expect(members.length).toBeGreaterThan(40);
  expect(bare).toEqual([]);
});

const entries = ['fastify/src', 'client/src', 'client/src/react', 'contract/src'].map(
  (folder) => `packages/${folder}/`,
);

/** Names that an entry exports, each with the file it comes from. */
const exportsOf = (folder: string): readonly (readonly [name: string, path: string])[] => {
  const index = readFileSync(`${root}${folder}index.ts`, 'utf8');
  return [...index.matchAll(/export (?:type )?\{([^}]+)\} from '\.\/([^']+)'/g)].flatMap(
    ([, names = '', file = '']) =>
      names
        .split(',')
        .map((name) => name.trim().replace(/^type /, ''))
        .filter((name) => name !== '')
        .map((name) => [name, folder + file] as const),
  );
};

test.for(entries)('every public export of %s says where it is specified', (folder) => {
  const names = exportsOf(folder);
  const silent = names.filter(([name, path]) => {
    const [before = '', after] = readFileSync(root + path, 'utf8').split(
      new RegExp(`\nexport (?:async )?(?:const|interface|type|class|function) ${name}\\b`),
    );
    return after === undefined || !before.slice(before.lastIndexOf('/**')).includes('@see');
  });
  expect(names.length).toBeGreaterThan(4);
  expect(silent).toEqual([]);
});
