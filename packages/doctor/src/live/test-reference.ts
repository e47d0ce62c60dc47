/** A test by folder, file and title, as `fastify/routes/callback > a callback cannot be used twice`. */
export type TestReference = `${keyof typeof folders}/${string} > ${string}`;

/** Where the tests of each folder's name are. */
const folders = {
  fastify: 'packages/fastify/test',
  client: 'packages/client/test',
  bff: 'apps/bff/test',
  web: 'apps/web/e2e',
} as const;

/** A reference, taken apart. */
export interface ReferredTest {
  /** Path from the root of the repository. */
  readonly file: string;
  /** The title, and before it those of the groups that it stands in. A group's own title means all of its tests. */
  readonly titles: readonly string[];
}

/** Takes a reference apart. @throws TypeError when it names no file. */
export const parseTestReference = (reference: TestReference): ReferredTest => {
  const [place = '', ...titles] = reference.split(' > ');
  const folder = Object.entries(folders).find(([name]) => place.startsWith(`${name}/`));
  if (folder === undefined) throw new TypeError(`No folder of tests: ${reference}`);
  const [name, path] = folder;
  return { file: `${path}${place.slice(name.length)}.test.ts`, titles };
};
