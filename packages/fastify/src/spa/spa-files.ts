import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { InlineSources, PrintPolicy } from '../browser-security/content-security-policy.ts';
import { readSpaFile, type SpaFile } from './spa-file.ts';

/** Every file that may be served, by its URL path. */
export type SpaFiles = ReadonlyMap<string, SpaFile>;

/** The build to read. */
export interface SpaFolder {
  readonly dir: string;
  /** Whether its source maps are served. Default `false`. */
  readonly sourceMaps?: boolean | undefined;
  /** Makes the policy of a page with inline scripts or styles. */
  readonly createPolicy: (inline: InlineSources) => PrintPolicy;
}

const maxDepth = 16;

/** Of the names that begin with a dot, this folder is for everyone. @see RFC 8615 */
const isPublic = (entry: string, folder: string): boolean =>
  !entry.startsWith('.') || (folder === '' && entry === '.well-known');

/** Links are followed, as releases and mounted volumes are made of them; a circle of links ends by its depth. */
const listNames = async (dir: string, folder = ''): Promise<readonly string[]> => {
  const entries = await readdir(join(dir, folder));
  const list = async (entry: string): Promise<readonly string[]> => {
    const name = `${folder}${entry}`;
    const found = await stat(join(dir, name)).catch(() => undefined);
    if (found?.isFile()) return [name];
    const isFolder = found?.isDirectory() === true && name.split('/').length < maxDepth;
    return isFolder ? listNames(dir, `${name}/`) : [];
  };
  return (await Promise.all(entries.filter((entry) => isPublic(entry, folder)).map(list))).flat();
};

/**
 * Reads a build: small files with their compressed forms into memory. Files and folders that begin with a dot are left
 * out, except for `.well-known`; source maps are left out unless they are asked for.
 *
 * @throws Error that names `SPA_DIR` when there is no `index.html`.
 */
export const readSpaFiles = async ({
  dir,
  sourceMaps = false,
  createPolicy,
}: SpaFolder): Promise<SpaFiles> => {
  const index = await stat(join(dir, 'index.html')).catch((cause: unknown) => {
    throw new Error('SPA_DIR: there is no index.html in it. Run pnpm build, or set SPA_DIR to a built SPA.', {
      cause,
    });
  });
  if (!index.isFile()) throw new Error('SPA_DIR: index.html is not a file. Run pnpm build.');
  const names = new Set(await listNames(dir));
  const files = new Map<string, SpaFile>();
  for (const name of names) {
    const isVariant = /\.(br|gz)$/.test(name) && names.has(name.replace(/\.(br|gz)$/, ''));
    const isWithheld = !sourceMaps && /\.map(\.(br|gz))?$/.test(name);
    if (!isVariant && !isWithheld)
      files.set(`/${name}`, await readSpaFile(name, { dir, names, createPolicy }));
  }
  return files;
};
