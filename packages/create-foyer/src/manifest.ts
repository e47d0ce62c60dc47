import { type Spa, spas } from './spas.ts';

const ours = ['@foyer/fastify', 'fastify', 'ioredis'];
const forDevelopment = ['@foyer/dev-provider', '@types/node', 'typescript', 'vitest'];
const forPages = ['@fastify/http-proxy', 'vite'];

/** The Node that the product brings along: whichever one the machine or a colleague has, its scripts run on this. */
const nodeVersion = '24.21.0';

/** What the product's `package.json` is made from. */
interface ManifestSettings {
  readonly name: string;
  readonly spa: Spa;
  /** The version or file of a package. */
  readonly versionOf: (name: string) => string;
  /** Packages that are installed only because no registry has them yet. */
  readonly added: readonly string[];
}

const scriptsOf = (spa: Spa) => ({
  dev: 'node dev.ts',
  ...(spa === 'none' ? {} : { build: 'vite build' }),
  start: 'node --env-file-if-exists=.env server.ts',
  test: 'vitest run',
  typecheck: 'tsc',
  key: 'node --print "crypto.randomBytes(32).toString(\'base64\')"',
});

/** The `package.json` of a new product. */
export const createManifest = ({ name, spa, versionOf, added }: ManifestSettings): string => {
  const kind = spas[spa];
  const pages = spa === 'none' ? [] : forPages;
  const versions = (names: readonly string[]) =>
    Object.fromEntries([...new Set(names)].toSorted().map((each) => [each, versionOf(each)]));
  const manifest = {
    name,
    version: '0.1.0',
    private: true,
    type: 'module',
    engines: { node: '>=24' },
    scripts: scriptsOf(spa),
    dependencies: versions([...ours, ...kind.dependencies, ...added]),
    devDependencies: versions([...forDevelopment, ...pages, ...kind.devDependencies]),
    // The package `node` fetches the build for the machine with an install script, which newer npm runs only when allowed.
    optionalDependencies: { node: nodeVersion },
    allowScripts: { node: true },
  };
  return `${JSON.stringify(manifest, undefined, 2)}\n`;
};
