import { createHash } from 'node:crypto';
import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import mime from 'mime';
import type { InlineSources, PrintPolicy } from '../browser-security/content-security-policy.ts';
import { readInlineSources } from './html-file.ts';

/** How a body is encoded. */
type Encoding = 'br' | 'gzip' | 'identity';

/** The headers that all encodings of a file have. */
type FileHeaders = Readonly<Record<'content-type' | 'cache-control', string>>;

/** One encoding of a small file, ready to send. */
export interface SpaVariant {
  readonly body: Buffer;
  readonly headers: FileHeaders & { readonly etag: string; readonly 'content-encoding'?: string };
}

/** One file of the build. */
export interface SpaFile {
  /** Path below the build's directory, `/`-separated, without a leading slash. */
  readonly name: string;
  readonly headers: FileHeaders;
  /** The policy of a page with inline parts; `undefined` for everything else. */
  readonly policy: PrintPolicy | undefined;
  /** Those of at most 256 KiB, the best encoding first; larger ones are streamed. */
  readonly variants: ReadonlyMap<Encoding, SpaVariant>;
  /** The encodings of `variants`, as the negotiation takes them. */
  readonly encodings: Encoding[];
}

const maxBytesInMemory = 256 * 1024;
const encodings = ['br', 'gzip', 'identity'] as const;
const suffixes = { br: '.br', gzip: '.gz', identity: '' } as const;

const isHashed = (name: string): boolean =>
  name.startsWith('assets/') || /[.-](?=[A-Za-z0-9_-]*\d)[A-Za-z0-9_-]{8,}\.[a-z0-9]+$/.test(name);

const isText = (type: string): boolean =>
  type.startsWith('text/') || /^application\/(javascript|json|xml|.+\+(json|xml))$|\+xml$/.test(type);

/** From the `mime` database; a build's text files are UTF-8. */
const contentTypeOf = (name: string): string => {
  const type = mime.getType(name) ?? 'application/octet-stream';
  return isText(type) ? `${type}; charset=utf-8` : type;
};

const toVariant = (body: Buffer, encoding: Encoding, headers: FileHeaders): SpaVariant => ({
  body,
  headers: {
    ...headers,
    etag: `"${createHash('sha256').update(body).digest('base64url').slice(0, 27)}"`,
    ...(encoding === 'identity' ? {} : { 'content-encoding': encoding }),
  },
});

/** The build to read. */
export interface SpaFolder {
  readonly dir: string;
  /** Whether its source maps are served. Default `false`. */
  readonly sourceMaps?: boolean | undefined;
  /** Makes the policy of a page with inline scripts or styles. */
  readonly createPolicy: (inline: InlineSources) => PrintPolicy;
}

const readPolicy = async (
  name: string,
  { dir, createPolicy }: SpaFolder,
): Promise<PrintPolicy | undefined> => {
  if (mime.getType(name) !== 'text/html') return undefined;
  const inline = readInlineSources(await readFile(join(dir, name), 'utf8'));
  return inline.scripts.length + inline.styles.length === 0 ? undefined : createPolicy(inline);
};

/** Reads one file of a build with its compressed forms, which are among `names`. */
const readSpaFile = async (name: string, names: ReadonlySet<string>, folder: SpaFolder): Promise<SpaFile> => {
  const isImmutable = isHashed(name) && name !== 'index.html';
  const headers = {
    'content-type': contentTypeOf(name),
    'cache-control': isImmutable ? 'public, max-age=31536000, immutable' : 'no-cache',
  };
  const variants = new Map<Encoding, SpaVariant>();
  for (const encoding of encodings) {
    const path = join(folder.dir, name + suffixes[encoding]);
    if (!names.has(name + suffixes[encoding]) || (await stat(path)).size > maxBytesInMemory) continue;
    variants.set(encoding, toVariant(await readFile(path), encoding, headers));
  }
  const policy = await readPolicy(name, folder);
  return { name, headers, policy, variants, encodings: [...variants.keys()] };
};

/** Every file that may be served, by its URL path. */
export type SpaFiles = ReadonlyMap<string, SpaFile>;

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
export const readSpaFiles = async (folder: SpaFolder): Promise<SpaFiles> => {
  const { dir, sourceMaps = false } = folder;
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
    if (!isVariant && !isWithheld) files.set(`/${name}`, await readSpaFile(name, names, folder));
  }
  return files;
};
