import { Problem } from '../problems.ts';
import type { SpaFile } from './spa-file.ts';
import type { SpaFiles } from './spa-files.ts';

const decodePath = (path: string): string => {
  try {
    return decodeURIComponent(path);
  } catch (cause) {
    throw new Problem('bad_request', 'The path is not percent-encoded UTF-8', { cause });
  }
};

/** The decoded path of a request's URL below `basePath`. @throws Problem `bad_request` for one that is not UTF-8. */
export const readPath = (url: string, basePath: string): string => {
  const [path = ''] = url.split('?', 1);
  return (path.includes('%') ? decodePath(path) : path).slice(basePath.length);
};

/** The URL of a folder's page: what a page names relative to itself is found only below a slash. */
export const asFolder = (url: string): string => url.replace(/^[^?]*/, (path) => `${path}/`);

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
export const findSpaFile = (files: SpaFiles, path: string, accept: string): SpaFile | undefined => {
  if (path === '/') return files.get('/index.html');
  const file = files.get(path);
  if (file !== undefined) return file;
  const isPage = accept.includes('text/html') && !path.startsWith('/assets/') && !/\/\./.test(path);
  return isPage ? findPage(files, path) : undefined;
};
