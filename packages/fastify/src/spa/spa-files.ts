import { createHash } from 'node:crypto';
import { readdir, readFile, stat } from 'node:fs/promises';
import { extname, join } from 'node:path';
import type { HeaderList } from '../browser-security/ready-answer.ts';

/** How a body is encoded, the best first. */
export type Encoding = 'br' | 'gzip' | 'identity';

/** One encoding of a small file, ready to send. */
export interface SpaVariant {
  /** The bytes, one a character. */
  readonly text: string;
  readonly etag: string;
  /** What it is sent with, and what an answer says that it has not changed. */
  readonly headers: HeaderList;
  /** Bytes. */
  readonly length: number;
}

/** One file of the build. */
export interface SpaFile {
  /** Path below the build's directory, `/`-separated, without a leading slash. */
  readonly name: string;
  readonly contentType: string;
  readonly cacheControl: string;
  /** Those of at most 256 KiB; larger ones are streamed. */
  readonly variants: ReadonlyMap<Encoding, SpaVariant>;
}

/** Every file that may be served, by its URL path. */
export type SpaFiles = ReadonlyMap<string, SpaFile>;

const largestInMemory = 256 * 1024;
const suffixes = { br: '.br', gzip: '.gz', identity: '' } as const;
const contentTypes: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.mjs': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.json': 'application/json; charset=utf-8',
  '.map': 'application/json; charset=utf-8',
  '.webmanifest': 'application/manifest+json; charset=utf-8',
  '.txt': 'text/plain; charset=utf-8',
  '.xml': 'application/xml; charset=utf-8',
  '.svg': 'image/svg+xml; charset=utf-8',
  '.png': 'image/png',
  '.jpg': 'image/jpeg',
  '.jpeg': 'image/jpeg',
  '.gif': 'image/gif',
  '.webp': 'image/webp',
  '.avif': 'image/avif',
  '.ico': 'image/x-icon',
  '.woff': 'font/woff',
  '.woff2': 'font/woff2',
  '.wasm': 'application/wasm',
  '.pdf': 'application/pdf',
};

const isHashed = (name: string): boolean =>
  name.startsWith('assets/') || /[.-](?=[A-Za-z0-9_-]*\d)[A-Za-z0-9_-]{8,}\.[a-z0-9]+$/.test(name);

const deepestFolder = 16;

/** Links are followed, as releases and mounted volumes are made of them; one that leads in circles ends by its depth. */
const listNames = async (dir: string, folder = ''): Promise<readonly string[]> => {
  const entries = await readdir(join(dir, folder));
  const list = async (entry: string): Promise<readonly string[]> => {
    const name = `${folder}${entry}`;
    const found = await stat(join(dir, name)).catch(() => undefined);
    if (found?.isFile()) return [name];
    const isFolder = found?.isDirectory() === true && name.split('/').length < deepestFolder;
    return isFolder ? listNames(dir, `${name}/`) : [];
  };
  return (await Promise.all(entries.filter((entry) => !entry.startsWith('.')).map(list))).flat();
};

const readVariant = async (
  path: string,
  encoding: Encoding,
  facts: Pick<SpaFile, 'contentType' | 'cacheControl'>,
): Promise<SpaVariant> => {
  const body = await readFile(path);
  const etag = `"${createHash('sha256').update(body).digest('base64url').slice(0, 27)}"`;
  const headers = [
    ...['content-type', facts.contentType, 'cache-control', facts.cacheControl, 'etag', etag],
    ...['vary', 'Accept-Encoding'],
    ...(encoding === 'identity' ? [] : ['content-encoding', encoding]),
  ];
  return { text: body.toString('latin1'), length: body.length, etag, headers };
};

const readSpaFile = async (dir: string, name: string, names: ReadonlySet<string>): Promise<SpaFile> => {
  const variants = new Map<Encoding, SpaVariant>();
  const facts = {
    contentType: contentTypes[extname(name).toLowerCase()] ?? 'application/octet-stream',
    cacheControl:
      isHashed(name) && name !== 'index.html' ? 'public, max-age=31536000, immutable' : 'no-cache',
  };
  for (const encoding of ['br', 'gzip', 'identity'] as const) {
    const variant = name + suffixes[encoding];
    if (!names.has(variant) || (await stat(join(dir, variant))).size > largestInMemory) continue;
    variants.set(encoding, await readVariant(join(dir, variant), encoding, facts));
  }
  return { name, ...facts, variants };
};

/** The build to read. */
export interface SpaFolder {
  readonly dir: string;
  /** Whether its source maps are served. Default `false`. */
  readonly sourceMaps?: boolean | undefined;
}

/**
 * Reads a build: small files with their compressed forms into memory. Dotfiles are left out, source maps too unless
 * they are asked for.
 *
 * @throws Error that names `SPA_DIR` when there is no `index.html`.
 */
export const readSpaFiles = async ({ dir, sourceMaps = false }: SpaFolder): Promise<SpaFiles> => {
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
    if (!isVariant && !isWithheld) files.set(`/${name}`, await readSpaFile(dir, name, names));
  }
  return files;
};
