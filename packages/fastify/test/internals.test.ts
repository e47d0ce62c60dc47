import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const root = fileURLToPath(new URL('../../../', import.meta.url));

/** What product code, its build and its start command do not use: none of it is promised by those it belongs to. */
const internals: readonly (readonly [what: string, pattern: RegExp, example: string])[] = [
  [
    'a member of Node’s objects that begins with _',
    /\?*\._[a-z]\w*|\[?['"]_[a-z]\w*['"]/i,
    'socket._httpMessage',
  ],
  [
    'a path inside a package',
    /(from|import|import\(|resolve\()\s*['"](@[a-z][^/'"]*\/)?[a-z][^/'"@:.]*\/(lib|dist|src|build|cjs|esm)\//,
    "from 'undici/lib/dispatcher/pool.js'",
  ],
  ['Node’s own bindings', /process\.binding|internalBinding|node:internal/, "process.binding('fs')"],
  ['/proc', /['"`]\/proc\//, "readFile('/proc/self/status')"],
  ['the index or log files of sqlite', /-(shm|wal)['"`]/, "open(file + '-shm')"],
  [
    'a V8 flag, native or collection',
    /--(no-)?(parallel-scavenge|memory-reducer|expose-gc|max-semi-space-size|allow-natives-syntax|maglev|sparkplug|turbofan)|setFlagsFromString|executionAsyncResource|[\s(]%[A-Z][A-Za-z]+\(|\bgc\(\)/,
    'node --no-parallel-scavenge',
  ],
  ['memory taken from a chunk', /\.transfer\(/, 'chunk.buffer.transfer()'],
  [
    'a promise about the side effects of other people’s modules',
    /(module|propertyRead)SideEffects/,
    'moduleSideEffects: false',
  ],
  ['a rewritten dependency', /renderChunk|transform\s*\(\s*(code|source)/, 'transform(code, id)'],
];

const exceptions: readonly string[] = [];

const sources = [
  ...['packages/*/src/**', 'apps/*/src/**', 'apps/*/build/**', 'apps/*/*.ts', 'apps/*/package.json'],
  ...['package.json', 'scripts/*.mjs', 'Dockerfile', 'docker-compose.yml'],
].map((pattern) => `:(glob)${pattern}`);

const listFiles = (): readonly string[] =>
  execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard', ...sources], {
    cwd: root,
    encoding: 'utf8',
  })
    .split('\n')
    .filter((name) => name !== '' && !exceptions.includes(name));

test.for(internals)('no product code, build or start command uses %s', ([, pattern, example]) => {
  expect(example).toMatch(pattern);
  const files = listFiles();
  expect(files.length).toBeGreaterThan(200);
  const uses = files.flatMap((name) =>
    readFileSync(`${root}${name}`, 'utf8')
      .split('\n')
      .flatMap((line, index) => (pattern.test(line) ? [`${name}:${index + 1}: ${line.trim()}`] : [])),
  );
  expect(uses).toEqual([]);
});
