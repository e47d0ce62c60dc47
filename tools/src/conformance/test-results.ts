import type { TestReference } from '@foyer/doctor/requirements';

/** The path of each folder of tests. */
const folders: Readonly<Record<string, string>> = {
  fastify: 'packages/fastify/test',
  client: 'packages/client/test',
  bff: 'apps/bff/test',
  web: 'apps/web/e2e',
};

/** A parsed reference. */
interface ReferredTest {
  /** Path from the root of the repository. */
  readonly file: string;
  /** The title, after those of the groups that contain the test. The title of a group means all of its tests. */
  readonly titles: readonly string[];
}

/** Parses a reference to a test. */
export const parseTestReference = (reference: TestReference): ReferredTest => {
  const [place = '', ...titles] = reference.split(' > ');
  const [project = '', ...path] = place.split('/');
  return { file: `${folders[project]}/${path.join('/')}.test.ts`, titles };
};

/** A test in the report of a run. */
export interface TestResult {
  /** Path from the root of the repository. */
  readonly file: string;
  readonly titles: readonly string[];
  readonly hasPassed: boolean;
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null;

const listOf = (value: unknown): readonly Record<string, unknown>[] =>
  Array.isArray(value) ? value.filter(isObject) : [];

/** Reads Vitest's JSON report of a run in the folder `root`, which ends with a slash. */
export const parseTestReport = (text: string, root: string): readonly TestResult[] => {
  const report: unknown = JSON.parse(text);
  return listOf(isObject(report) ? report.testResults : undefined).flatMap(({ name, assertionResults }) =>
    listOf(assertionResults).map(({ ancestorTitles, title, status }) => ({
      file: String(name).replace(root, ''),
      titles: [ancestorTitles, title].flat().map(String),
      hasPassed: status === 'passed',
    })),
  );
};

/** The pattern of a title. The title of a row of a table stands for every row: `%s` for whatever was put there. */
export const titlePattern = (title: string): string =>
  title
    .split(/%[a-z]/)
    .map((piece) => piece.replaceAll(/[$()*+.?[\\\]^{|}]/g, '\\$&'))
    .join('[^]*');

const isTitle = (written: string, reported: string): boolean =>
  new RegExp(`^${titlePattern(written)}$`).test(reported);

/** Whether a reference means this test. */
export const isMeant = (reference: TestReference, { file, titles }: TestResult): boolean => {
  const meant = parseTestReference(reference);
  return (
    file === meant.file &&
    meant.titles.length <= titles.length &&
    meant.titles.every((title, at) => isTitle(title, titles[at] ?? ''))
  );
};

/** The references that no test of the run answers, or one that has not passed. */
export const findUnshown = (
  references: readonly TestReference[],
  results: readonly TestResult[],
): readonly TestReference[] =>
  references.filter((reference) => {
    const meant = results.filter((result) => isMeant(reference, result));
    return meant.length === 0 || meant.some(({ hasPassed }) => !hasPassed);
  });
