import { spawnSync } from 'node:child_process';
import { existsSync, globSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TestReference } from '@foyer/doctor/requirements';
import { isMeant, parseTestReference, parseTestReport, titlePattern } from '../conformance/test-results.ts';
import type { Edit, Mutant } from './mutant.ts';

/** What became of a mutant: only `killed` is good. `lost`: its text is not in the file, or more than once. */
export type Verdict = 'killed' | 'survived' | 'lost' | 'not run';

const sources = 'packages/fastify/src';

const projectOf = (reference: TestReference): string => {
  const [project = ''] = reference.split('/');
  return project === 'web' ? 'e2e' : project;
};

/** Runs the tests of a reference; returns whether they failed, or `undefined` when none of them ran. */
const runTests = (folder: string, reference: TestReference): boolean | undefined => {
  const { file, titles } = parseTestReference(reference);
  const report = join(folder, '.vitest-mutant.json');
  rmSync(report, { force: true });
  const filters = ['--project', projectOf(reference), '-t', titlePattern(titles.join(' '))];
  const reporting = ['--reporter=json', `--outputFile=${report}`];
  const vitest = join(folder, 'node_modules/vitest/vitest.mjs');
  spawnSync(process.execPath, [vitest, 'run', join(folder, file), ...filters, ...reporting], { cwd: folder });
  if (!existsSync(report)) return undefined;
  const results = parseTestReport(readFileSync(report, 'utf8'), `${folder}/`);
  const meant = results.filter((result) => isMeant(reference, result));
  return meant.length === 0 ? undefined : meant.some(({ hasPassed }) => !hasPassed);
};

/** The file with the text: the one that is named, or the only one to which it has moved. */
export const findPlace = (folder: string, { file, find }: Edit): string | undefined => {
  const hasIt = (path: string): boolean =>
    existsSync(path) && readFileSync(path, 'utf8').split(find).length === 2;
  const named = join(folder, sources, file);
  if (hasIt(named)) return named;
  const [moved, another] = globSync(`${sources}/**/*.ts`, { cwd: folder })
    .map((path) => join(folder, path))
    .filter(hasIt);
  return another === undefined ? moved : undefined;
};

/** Every edit of a mutant. */
export const editsOf = (mutant: Mutant): readonly Edit[] => [mutant, ...(mutant.and ?? [])];

/** Makes the edits of a mutant; adds what the files were to `originals`. Returns whether each text was found. */
const applyEdits = (folder: string, mutant: Mutant, originals: Map<string, string>): boolean => {
  for (const edit of editsOf(mutant)) {
    const path = findPlace(folder, edit);
    if (path === undefined) return false;
    const text = readFileSync(path, 'utf8');
    if (!originals.has(path)) originals.set(path, text);
    writeFileSync(
      path,
      text.replace(edit.find, () => edit.replace),
    );
  }
  return true;
};

/** Applies a mutant in a scratch copy, runs its test, and takes the mutant back. */
export const tryMutant = (folder: string, mutant: Mutant): Verdict => {
  const originals = new Map<string, string>();
  try {
    if (!applyEdits(folder, mutant, originals)) return 'lost';
    const hasFailed = runTests(folder, mutant.test);
    if (hasFailed === undefined) return 'not run';
    return hasFailed ? 'killed' : 'survived';
  } finally {
    for (const [path, text] of originals) writeFileSync(path, text);
  }
};
