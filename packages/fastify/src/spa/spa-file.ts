import { createHash } from 'node:crypto';
import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import mime from 'mime';
import type { InlineSources, PrintPolicy } from '../browser-security/content-security-policy.ts';
import { readInlineSources } from './inline-sources.ts';

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
export interface SpaFileContext {
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
export const readSpaFile = async (name: string, context: SpaFileContext): Promise<SpaFile> => {
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
