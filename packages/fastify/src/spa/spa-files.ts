import { createHash } from 'node:crypto';
import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import mime from 'mime';
import type { InlineSources, PrintPolicy } from '../browser-security/content-security-policy.ts';
import { readInlineSources } from './html-file.ts';

/** How a body is encoded. */
type Encoding = 'br' | 'gzip' | 'identity';

/** One encoding of a small file, ready to send. */
export interface SpaVariant {
  readonly body: Buffer;
  readonly headers: Readonly<Record<'etag' | 'cache-control', string> & Record<string, string>>;
}

/** One file of the build. */
export interface SpaFile {
  /** Path below the build's directory, `/`-separated, without a leading slash. */
  readonly name: string;
  readonly contentType: string;
  readonly cacheControl: string;
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

type Facts = Pick<SpaFile, 'contentType' | 'cacheControl'>;

const toVariant = (body: Buffer, encoding: Encoding, { contentType, cacheControl }: Facts): SpaVariant => ({
  body,
  headers: {
    'content-type': contentType,
    'cache-control': cacheControl,
    etag: `"${createHash('sha256').update(body).digest('base64url').slice(0, 27)}"`,
    ...(encoding === 'identity' ? {} : { 'content-encoding': encoding }),
  },
});

/** What reading a file depends on. */
interface SpaFileContext {
  readonly dir: string;
  /** Every name of the build. */
  readonly names: ReadonlySet<string>;
  readonly createPolicy: (inline: InlineSources) => PrintPolicy;
}

const readPolicy = async (
  name: string,
  { dir, createPolicy }: SpaFileContext,
): Promise<PrintPolicy | undefined> => {
  if (mime.getType(name) !== 'text/html') return undefined;
  const inline = readInlineSources(await readFile(join(dir, name), 'utf8'));
  return inline.scripts.length + inline.styles.length === 0 ? undefined : createPolicy(inline);
};

/** Reads one file of a build with its compressed forms. */
const readSpaFile = async (name: string, context: SpaFileContext): Promise<SpaFile> => {
  const { dir, names } = context;
  const facts = {
    contentType: contentTypeOf(name),
    cacheControl:
      isHashed(name) && name !== 'index.html' ? 'public, max-age=31536000, immutable' : 'no-cache',
  };
  const variants = new Map<Encoding, SpaVariant>();
  for (const encoding of encodings) {
    const path = join(dir, name + suffixes[encoding]);
    if (!names.has(name + suffixes[encoding]) || (await stat(path)).size > maxBytesInMemory) continue;
    variants.set(encoding, toVariant(await readFile(path), encoding, facts));
  }
  const policy = await readPolicy(name, context);
  return { name, ...facts, policy, variants, encodings: [...variants.keys()] };
};

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
