import { resolve } from 'node:path';
import fastifyStatic from '@fastify/static';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { ResolvedOptions } from '../options.ts';
import { Problem } from '../problems.ts';
import { registerDevServer } from './dev-server.ts';
import { type Encoding, readSpaFiles, type SpaFile, type SpaFiles } from './spa-files.ts';

const accepts = (header: string, encoding: Encoding): boolean =>
  header.split(',').some((part) => {
    const [name, ...parameters] = part
      .trim()
      .toLowerCase()
      .split(/\s*;\s*/);
    return name === encoding && !parameters.some((parameter) => /^q=0(\.0*)?$/.test(parameter));
  });

const chooseEncoding = (file: SpaFile, header: string): Encoding =>
  (['br', 'gzip'] as const).find((encoding) => file.variants.has(encoding) && accepts(header, encoding)) ??
  'identity';

const isUnchanged = (header: string | undefined, etag: string): boolean =>
  (header ?? '')
    .split(',')
    .some((value) => value.trim() === '*' || value.trim().replace(/^W\//, '') === etag);

const sendSpaFile = (file: SpaFile, request: FastifyRequest, reply: FastifyReply): FastifyReply => {
  const vary = reply.hasHeader('vary')
    ? `${String(reply.getHeader('vary'))}, Accept-Encoding`
    : 'Accept-Encoding';
  reply.header('cache-control', file.cacheControl).header('vary', vary);
  const encoding = chooseEncoding(file, String(request.headers['accept-encoding'] ?? ''));
  const variant = file.variants.get(encoding);
  reply.type(file.contentType);
  if (variant === undefined) return reply.sendFile(file.name);
  reply.header('etag', variant.etag);
  if (isUnchanged(request.headers['if-none-match'], variant.etag)) return reply.code(304).send();
  if (encoding !== 'identity') reply.header('content-encoding', encoding);
  return reply.send(variant.body);
};

const findSpaFile = (files: SpaFiles, path: string, accept: string): SpaFile | undefined => {
  if (path === '/') return files.get('/index.html');
  const file = files.get(path);
  if (file !== undefined) return file;
  const isPage = accept.includes('text/html') && !path.startsWith('/assets/') && !/\/\./.test(path);
  return isPage ? files.get('/index.html') : undefined;
};

const readPath = (url: string): string => {
  try {
    return decodeURIComponent(url.split('?', 1)[0] ?? '/');
  } catch (cause) {
    throw new Problem('bad_request', 'The path is not percent-encoded UTF-8', { cause });
  }
};

/**
 * Serves the SPA on everything that no other route of the scope takes.
 *
 * @throws Error when the build is missing.
 * @see spec section 10
 */
export const registerSpa = async (scope: FastifyInstance, { spa }: ResolvedOptions): Promise<void> => {
  if (spa === undefined) return;
  if ('devServer' in spa) return registerDevServer(scope, spa.devServer);
  const files = await readSpaFiles(spa.dir);
  await scope.register(fastifyStatic, {
    root: resolve(spa.dir),
    serve: false,
    dotfiles: 'ignore',
    cacheControl: false,
    preCompressed: true,
  });
  scope.all('/*', (request, reply) => {
    const path = readPath(request.url);
    if (path === '/api' || path.startsWith('/api/')) throw new Problem('not_found', 'No such API');
    if (request.method !== 'GET' && request.method !== 'HEAD') {
      throw new Problem('method_not_allowed', 'The SPA is only read', { allow: ['GET', 'HEAD'] });
    }
    const file = findSpaFile(files, path, request.headers.accept ?? '');
    if (file === undefined) throw new Problem('not_found', 'No such file of the SPA');
    return sendSpaFile(file, request, reply);
  });
};
