import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const root = fileURLToPath(new URL('../../../', import.meta.url));

const readWithoutComments = (path: string): string =>
  readFileSync(path.replace(/\.tsx?$/, '.d.ts'), 'utf8').replaceAll(/\/\*[\s\S]*?\*\/\s*/g, '');

/** What a file passes on from other files: names and the file they come from. */
const readPassedOn = (path: string): ReadonlyMap<string, string> =>
  new Map(
    [...readWithoutComments(path).matchAll(/^export (?:type )?\{([^}]+)\} from '(\.[^']+)';/gm)].flatMap(
      ([, names = '', from = '']) =>
        names
          .split(',')
          .map((name) => name.replace('type ', '').trim())
          .filter((name) => name !== '')
          .map((name): [string, string] => [name, join(dirname(path), from)]),
    ),
  );

/** The declarations of a file, by name. */
const readDeclarations = (path: string): ReadonlyMap<string, string> =>
  new Map(
    readWithoutComments(path)
      .replaceAll(/^(import|export) .*from .*$|^export \{\};$/gm, '')
      .split(/^(?=(?:export |declare )+(?:const|interface|type|class|function) |(?:interface|type|const) )/m)
      .flatMap((declaration) => {
        const name = /^(?:export |declare )*(?:const|interface|type|class|function) (\w+)/.exec(
          declaration,
        )?.[1];
        return name === undefined ? [] : [[name, declaration.trim()]];
      }),
  );

/** The declaration of a name, and those of the same file that it is made from; each once. */
const collect = (path: string, name: string, collected: Set<string>): void => {
  const elsewhere = readPassedOn(path).get(name);
  if (elsewhere !== undefined) {
    collect(elsewhere, name, collected);
    return;
  }
  const known = readDeclarations(path);
  const visit = (part: string): void => {
    const declaration = known.get(part);
    if (declaration === undefined || collected.has(declaration)) return;
    collected.add(declaration);
    for (const [word] of declaration.matchAll(/\b[A-Za-z]\w*\b(?!\??:)/g)) visit(word);
  };
  if (!known.has(name)) throw new Error(`${path} does not declare ${name}`);
  visit(name);
};

/** What a file exports of another file as a whole, under one name. */
const printNamespaces = (index: string): readonly string[] =>
  [...readWithoutComments(index).matchAll(/^export \* as (\w+) from '(\.[^']+)';/gm)].map(
    ([, name = '', from = '']) =>
      `export namespace ${name}\n${[...readDeclarations(join(dirname(index), from)).values()].join('\n')}`,
  );

const printInterface = (index: string): string => {
  const collected = new Set<string>();
  const names = [...readPassedOn(index).keys()].toSorted();
  for (const name of names) collect(index, name, collected);
  return `${names.join('\n')}\n\n${[...collected, ...printNamespaces(index)].join('\n\n')}\n`;
};

test.for([
  ['contract', 'index'],
  ['client', 'index'],
  ['client', 'react/index'],
  ['fastify', 'index'],
] as const)('the public interface of %s, %s, changes on purpose alone', async ([name, entry]) => {
  const folder = mkdtempSync(join(tmpdir(), 'foyer-interface-'));
  try {
    execFileSync(
      `${root}node_modules/.bin/tsc`,
      [
        '-p',
        `${root}packages/${name}/tsconfig.build.json`,
        '--outDir',
        folder,
        '--emitDeclarationOnly',
        '--paths',
        'null',
      ],
      { stdio: 'pipe' },
    );
    await expect(printInterface(join(folder, `${entry}.ts`))).toMatchFileSnapshot(
      `public-interface/${name}-${entry.replace('/', '-')}.txt`,
    );
  } finally {
    rmSync(folder, { recursive: true });
  }
});
