import { globSync, readFileSync } from 'node:fs';
import { pluginOptions } from '@foyer/fastify/options';
import { expect, test } from 'vitest';
import { root } from '../kit/pages.ts';

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

test('every option of the plugin that may be left out says its default', () => {
  const text = sources.map(({ lines }) => lines.join('\n')).join('\n');
  const said = new Map(
    [...text.matchAll(/\/\*\*((?:(?!\*\/)[\s\S])+)\*\/\s+(\w+): option\(/g)].map(([, comment, name]) => [
      name,
      comment,
    ]),
  );
  const bare = pluginOptions.filter(
    ({ option }) => !/ Default(?: of the app)?[: ]/.test(said.get(option) ?? ''),
  );
  expect(bare.map(({ option }) => option)).toEqual(['publicUrl']);
});
