import { cp, mkdir, readdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { CommandError, readName } from './arguments.ts';
import { createManifest } from './manifest.ts';
import { type Spa, spas } from './spas.ts';

/** What a new product is made from. */
export interface ProductSettings {
  readonly folder: string;
  readonly spa: Spa;
  /** Folder with the packed packages, for an installation without a registry. */
  readonly packages?: string | undefined;
}

const templates = fileURLToPath(new URL('./templates/', import.meta.url));

const list = async (folder: string): Promise<readonly string[]> => {
  try {
    return await readdir(folder);
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return [];
    throw new CommandError(`${folder} cannot be used: choose the path of a folder that does not exist yet.`);
  }
};

/** Files that the folder may have already: those of a new repository, without anyone's work. */
const harmless = ['.git', '.DS_Store'];

const requireEmpty = async (folder: string): Promise<void> => {
  const found = (await list(folder)).filter((name) => !harmless.includes(name));
  if (found.length > 0)
    throw new CommandError(`${folder} is not empty (${found[0]}): choose another name, or empty it first.`);
};

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null;

/** The versions with which this package was tested: its own development dependencies, and its own version. */
const readVersions = async (): Promise<(name: string) => string> => {
  const text = await readFile(new URL('../package.json', import.meta.url), 'utf8');
  const manifest: unknown = JSON.parse(text);
  const versions = isRecord(manifest) && isRecord(manifest.devDependencies) ? manifest.devDependencies : {};
  return (name) => `^${String(versions[name])}`;
};

/** The tarballs of a folder, by the package that each holds. */
const packedNames = (files: readonly string[]): ReadonlyMap<string, string> =>
  new Map(
    files.flatMap((file) => {
      const name = /^(?:foyer-)?(client|contract|dev-provider|fastify)(?:-\d.*)?\.tgz$/.exec(file)?.[1];
      return name === undefined ? [] : [[`@foyer/${name}`, file] as const];
    }),
  );

const copyPackages = async (packages: string, folder: string): Promise<ReadonlyMap<string, string>> => {
  const packed = packedNames(await list(packages));
  if (packed.size < 4)
    throw new CommandError(`${packages} does not hold the four packages: run pnpm build:packages first.`);
  await mkdir(join(folder, 'packages'), { recursive: true });
  for (const file of packed.values()) await cp(join(packages, file), join(folder, 'packages', file));
  return packed;
};

/** `my-app` as people read it: `My App`. */
const titleOf = (name: string): string =>
  name
    .split(/[._-]+/)
    .filter((word) => word !== '')
    .map((word) => `${word[0]?.toUpperCase()}${word.slice(1)}`)
    .join(' ');

/** npm leaves files such as `.gitignore` out of packages: in the templates their names begin with `_`. */
const nameHiddenFiles = async (folder: string): Promise<void> => {
  for (const name of await readdir(folder))
    if (name.startsWith('_')) await rename(join(folder, name), join(folder, `.${name.slice(1)}`));
};

/** The end of a line that only a product with pages, or only one without them, has. */
const marker = / \/\/ (with|without) pages$/;

const chooseLines = (text: string, hasPages: boolean): string =>
  text
    .split('\n')
    .filter((line) => marker.exec(line)?.[1] !== (hasPages ? 'without' : 'with'))
    .map((line) => line.replace(marker, ''))
    .join('\n');

const fillIn = async (file: string, title: string, hasPages: boolean): Promise<void> => {
  const text = await readFile(file, 'utf8');
  await writeFile(file, chooseLines(text, hasPages).replaceAll('{{title}}', title));
};

/**
 * Writes a new product into a folder that is empty or not there yet; returns the folder's whole path.
 *
 * @throws CommandError when the folder, its name or the packages cannot be used; nothing has been written then.
 */
export const createProduct = async (settings: ProductSettings): Promise<string> => {
  const { spa, packages } = settings;
  const name = readName(settings.folder);
  const folder = resolve(settings.folder);
  await requireEmpty(folder);
  const packed = packages === undefined ? new Map() : await copyPackages(resolve(packages), folder);
  for (const template of spas[spa].templates)
    await cp(join(templates, template), folder, { recursive: true });
  await nameHiddenFiles(folder);
  for (const file of ['README.md', 'tsconfig.json', 'dev.ts', 'server.ts', 'src/brand.ts'])
    await fillIn(join(folder, file), titleOf(name), spa !== 'none');
  const published = await readVersions();
  const versionOf = (each: string): string => {
    const file = packed.get(each);
    return file === undefined ? published(each) : `file:packages/${file}`;
  };
  const added = packed.size === 0 ? [] : ['@foyer/contract'];
  await writeFile(join(folder, 'package.json'), createManifest({ name, spa, versionOf, added }));
  return folder;
};
