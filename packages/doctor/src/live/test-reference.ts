/** A test, named by folder, file and title: `fastify/routes/callback > a callback cannot be used twice`. */
export type TestReference = `${keyof typeof folders}/${string} > ${string}`;

/** The path of each folder of tests. */
const folders = {
  fastify: 'packages/fastify/test',
  client: 'packages/client/test',
  bff: 'apps/bff/test',
  web: 'apps/web/e2e',
} as const;

/** A parsed reference. */
export interface ReferredTest {
  /** Path from the root of the repository. */
  readonly file: string;
  /** The title, after those of the groups that contain the test. The title of a group means all of its tests. */
  readonly titles: readonly string[];
}

/** Parses a reference. @throws TypeError when it names no file. */
export const parseTestReference = (reference: TestReference): ReferredTest => {
  const [place = '', ...titles] = reference.split(' > ');
  const folder = Object.entries(folders).find(([name]) => place.startsWith(`${name}/`));
  if (folder === undefined) throw new TypeError(`No folder of tests: ${reference}`);
  const [name, path] = folder;
  return { file: `${path}${place.slice(name.length)}.test.ts`, titles };
};
