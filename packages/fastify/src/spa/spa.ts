import { resolve } from 'node:path';
import fastifyStatic from '@fastify/static';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { ResponseHeaders } from '../browser-security/response-headers.ts';
import { memoize } from '../memoize.ts';
import { Problem } from '../problems.ts';
import type { Bff } from '../routes/bff.ts';
import { openSpaBuild } from './spa-build.ts';
import type { Encoding, SpaFile, SpaFiles, SpaVariant } from './spa-files.ts';

/** Cut and trimmed, not matched: a pattern with blanks on both sides tries every one of thousands of them. */
const accepts = (header: string, encoding: Encoding): boolean =>
  header.split(',').some((part) => {
    const [name, ...parameters] = part.split(';').map((piece) => piece.trim().toLowerCase());
    return name === encoding && !parameters.some((parameter) => /^q=0(\.0*)?$/.test(parameter));
  });

const encodings = ['br', 'gzip'] as const;
const mostHeaders = 200;

/** The browsers of this world send few different headers: what each accepts is worked out once. */
const createEncodingReader = (): ((header: string) => readonly Encoding[]) =>
  memoize(mostHeaders, (header) => encodings.filter((encoding) => accepts(header, encoding)));

const isUnchanged = (header: string | undefined, etag: string): boolean =>
  header?.split(',').some((value) => value.trim() === '*' || value.trim().replace(/^W\//, '') === etag) ??
  false;

/** Sends what is in memory as it lies there. */
const sendVariant = (
  ours: ResponseHeaders,
  { etag, headers, text, length }: SpaVariant,
  reply: FastifyReply,
): void => {
  const { method, headers: asked } = reply.request;
  const isKnown = isUnchanged(asked['if-none-match'], etag);
  ours.send(reply, {
    status: isKnown ? 304 : 200,
    headers,
    body: isKnown || method === 'HEAD' ? undefined : text,
    length: isKnown ? undefined : length,
    encoding: 'latin1',
  });
};

const mostFolders = 16;

/** The page of a path: the `index.html` of the nearest folder above it. */
const findPage = (files: SpaFiles, path: string): SpaFile | undefined => {
  const folders = path.split('/', mostFolders);
  for (let depth = folders.length; depth > 0; depth -= 1) {
    const page = files.get(`${folders.slice(0, depth).join('/')}/index.html`);
    if (page !== undefined) return page;
  }
  return undefined;
};

const findSpaFile = (files: SpaFiles, path: string, accept: string): SpaFile | undefined => {
  if (path === '/') return files.get('/index.html');
  const file = files.get(path);
  if (file !== undefined) return file;
  const isPage = accept.includes('text/html') && !path.startsWith('/assets/') && !/\/\./.test(path);
  return isPage ? findPage(files, path) : undefined;
};

/** What a page names relative to itself is beside it only when its folder's path ends with a slash. */
const asFolder = (url: string): string => url.replace(/^[^?]*/, (path) => `${path}/`);

const readPath = (url: string): string => {
  const mark = url.indexOf('?');
  const path = mark === -1 ? url : url.slice(0, mark);
  if (!path.includes('%')) return path;
  try {
    return decodeURIComponent(path);
  } catch (cause) {
    throw new Problem('bad_request', 'The path is not percent-encoded UTF-8', { cause });
  }
};

/**
 * Serves the SPA on everything that no other route of the scope takes.
 *
 * @throws Error when the build is missing.
 * @see RFC 9110 section 12.5.3
 */
export const registerSpa = async (
  scope: FastifyInstance,
  { options: { spa, publicUrl }, headers: { pages } }: Pick<Bff, 'options' | 'headers'>,
): Promise<void> => {
  if (spa === undefined) return;
  if ('devServer' in spa) {
    // Production pays nothing for what it never uses.
    const { registerDevServer } = await import('./dev-server.ts');
    return registerDevServer(scope, spa.devServer, publicUrl);
  }
  const build = await openSpaBuild(spa, scope.log);
  const readEncodings = createEncodingReader();
  await scope.register(fastifyStatic, {
    root: resolve(spa.dir),
    serve: false,
    dotfiles: 'ignore',
    cacheControl: false,
    preCompressed: true,
  });
  const answer = (
    files: SpaFiles,
    request: FastifyRequest,
    reply: FastifyReply,
  ): FastifyReply | undefined => {
    const path = readPath(request.url);
    if (path === '/api' || path.startsWith('/api/')) throw new Problem('not_found', 'No such API');
    if (request.method !== 'GET' && request.method !== 'HEAD') {
      throw new Problem('method_not_allowed', 'The SPA is only read', { allow: ['GET', 'HEAD'] });
    }
    if (files.has(`${path}/index.html`)) return reply.redirect(asFolder(request.url), 303);
    const file = findSpaFile(files, path, request.headers.accept ?? '');
    if (file === undefined) throw new Problem('not_found', 'No such file of the SPA');
    const accepted = readEncodings(String(request.headers['accept-encoding'] ?? ''));
    const encoding = accepted.find((each) => file.variants.has(each)) ?? 'identity';
    const variant = file.variants.get(encoding);
    // A part of a file, as players of sound and film ask for, is cut from the file itself.
    if (variant !== undefined && request.headers.range === undefined) {
      sendVariant(pages, variant, reply);
      return undefined;
    }
    const added = reply.getHeader('vary');
    const vary = added === undefined ? 'Accept-Encoding' : `${String(added)}, Accept-Encoding`;
    reply.header('cache-control', file.cacheControl).header('vary', vary).type(file.contentType);
    return reply.sendFile(file.name);
  };
  scope.all('/*', (request, reply) => {
    const files = build.files();
    return files instanceof Promise
      ? files.then((read) => answer(read, request, reply))
      : answer(files, request, reply);
  });
};
