import { resolve } from 'node:path';
import { negotiate } from '@fastify/accept-negotiator';
import fastifyStatic from '@fastify/static';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import fresh from 'fresh';
import type { Bff } from '../bff.ts';
import { addVary } from '../browser-security/cors.ts';
import { Problem } from '../problems.ts';
import { openSpaBuild } from './spa-build.ts';
import type { SpaFile, SpaFiles, SpaVariant } from './spa-files.ts';

const decodePath = (path: string): string => {
  try {
    return decodeURIComponent(path);
  } catch (cause) {
    throw new Problem('bad_request', 'The path is not percent-encoded UTF-8', { cause });
  }
};

/** The decoded path of a request's URL below `basePath`. @throws Problem `bad_request` for one that is not UTF-8. */
const readPath = (url: string, basePath: string): string => {
  const [path = ''] = url.split('?', 1);
  return (path.includes('%') ? decodePath(path) : path).slice(basePath.length);
};

/** The URL of a folder's page: what a page names relative to itself is found only below a slash. */
const asFolder = (url: string): string => url.replace(/^[^?]*/, (path) => `${path}/`);

const maxFolders = 16;

/** The page of a path: the `index.html` of the nearest folder above it. */
const findPage = (files: SpaFiles, path: string): SpaFile | undefined => {
  const folders = path.split('/', maxFolders);
  for (let depth = folders.length; depth > 0; depth -= 1) {
    const page = files.get(`${folders.slice(0, depth).join('/')}/index.html`);
    if (page !== undefined) return page;
  }
  return undefined;
};

/** The file of a path; where there is none, a page for those who accept one. */
const findSpaFile = (files: SpaFiles, path: string, accept: string): SpaFile | undefined => {
  if (path === '/') return files.get('/index.html');
  const file = files.get(path);
  if (file !== undefined) return file;
  const isPage = accept.includes('text/html') && !path.startsWith('/assets/') && !/\/\./.test(path);
  return isPage ? findPage(files, path) : undefined;
};

/** A small file goes out from memory, with the headers that were made when the build was read. */
const sendVariant = ({ body, headers }: SpaVariant, reply: FastifyReply): FastifyReply => {
  addVary(reply.headers(headers), 'Accept-Encoding');
  return fresh(reply.request.headers, headers) ? reply.code(304).send() : reply.send(body);
};

/** A large file, and a range of any file as media players ask for it, is read from the disk. Only names of the build are looked up, and `.well-known` is one of them. */
const sendFromDisk = ({ name, headers }: SpaFile, reply: FastifyReply, root: string): FastifyReply => {
  addVary(reply.headers(headers), 'Accept-Encoding');
  return reply.sendFile(name, root, { cacheControl: false, dotfiles: 'allow' });
};

const findVariant = (file: SpaFile, { headers }: FastifyRequest): SpaVariant | undefined => {
  if (headers.range !== undefined) return undefined;
  const encoding = negotiate(String(headers['accept-encoding'] ?? ''), file.encodings);
  return file.variants.get(encoding ?? 'identity');
};

const requireReading = ({ method }: FastifyRequest, path: string): void => {
  if (path === '/api' || path.startsWith('/api/')) throw new Problem('not_found', 'No such API');
  if (method !== 'GET' && method !== 'HEAD')
    throw new Problem('method_not_allowed', 'The SPA is only read', { allow: ['GET', 'HEAD'] });
};

const requireFile = (files: SpaFiles, path: string, accept = ''): SpaFile => {
  const file = findSpaFile(files, path, accept);
  if (file === undefined) throw new Problem('not_found', 'No such file of the SPA');
  return file;
};

/** Serves the SPA on every path that no other route of the scope takes. @throws Error when the build is missing. */
export const registerSpa = async (
  scope: FastifyInstance,
  { options, headers: { pages } }: Pick<Bff, 'options' | 'headers'>,
): Promise<void> => {
  const { spa, basePath } = options;
  if (spa === undefined) return;
  if ('devServer' in spa) {
    // Production does not load what only development uses.
    const { registerDevServer } = await import('./dev-server.ts');
    return registerDevServer(scope, spa.devServer, options);
  }
  const currentFiles = await openSpaBuild({ ...spa, createPolicy: pages.createPolicy }, scope.log);
  const root = resolve(spa.dir);
  // A host that registered the library has its `sendFile`, which takes our folder too.
  if (!scope.hasReplyDecorator('sendFile'))
    await scope.register(fastifyStatic, { root, serve: false, preCompressed: true });
  // Before the body, whose type would be refused first.
  const onRequest = async (request: FastifyRequest): Promise<void> =>
    requireReading(request, readPath(request.url, basePath));
  // `OPTIONS /*` is the route of a host's @fastify/cors; without one it is refused as an unknown method.
  const method = scope.supportedMethods.filter((name) => name !== 'OPTIONS');
  const handler = async (request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> => {
    const path = readPath(request.url, basePath);
    const files = await currentFiles();
    if (files.has(`${path}/index.html`)) return reply.redirect(asFolder(request.url), 303);
    const file = requireFile(files, path, request.headers.accept);
    if (file.policy !== undefined) pages.choosePolicy(request, file.policy);
    const variant = findVariant(file, request);
    return variant === undefined ? sendFromDisk(file, reply, root) : sendVariant(variant, reply);
  };
  // The base path alone is the folder of the pages without its slash.
  const urls = basePath === '' ? ['/*'] : ['', '/*'];
  for (const url of urls) scope.route({ method, url, onRequest, handler });
};
