import { paths } from '@foyer/contract';
import type { ResolvedOptions } from '../options.ts';

/** Where a login ends: the very text that was checked, ready for a `Location`. Made by `parseReturnTo` alone. */
export type ReturnTo = string & { readonly __brand: 'ReturnTo' };

const longest = 2048;

type ReturnToOptions = Pick<ResolvedOptions, 'publicOrigin' | 'basePath' | 'allowedOrigins'>;

const isReturnTo = (text: string, origin: string): text is ReturnTo => {
  const url = new URL(text, origin);
  const absolute = text.startsWith('/') ? `${url.pathname}${url.search}${url.hash}` : url.href;
  return absolute === text && url.origin === origin && url.username === '' && url.password === '';
};

const decode = (path: string): string => {
  try {
    return decodeURIComponent(path);
  } catch (error) {
    if (error instanceof URIError) return path;
    throw error;
  }
};

/** Decoded as often as somebody on the way may decode it: three times hides nothing that a router would see. */
const fullyDecoded = (path: string): string => decode(decode(decode(path))).toLowerCase();

const ownPaths = Object.values(paths).filter((path) => !path.startsWith('/api/'));

const isOwnRoute = (path: string, basePath: string): boolean => {
  const plain = path.slice(basePath.length).replace(/\/+$/, '');
  return plain === '/api' || plain.startsWith('/api/') || ownPaths.some((own) => own === plain);
};

/** Whether a path stays a path of ours whoever reads it: no empty first segment, no backslash, no dot segments. */
const isPlainPath = (path: string, basePath: string): boolean => {
  const decoded = fullyDecoded(path);
  return (
    !decoded.startsWith('//') &&
    !/[\\\p{Cc}\p{Zl}\p{Zp}]/u.test(decoded) &&
    !/(^|\/)\.{1,2}(\/|$)/.test(decoded) &&
    !isOwnRoute(decoded, basePath)
  );
};

const rawPath = (value: string): string =>
  value.replace(/^https?:\/\/[^/?#]*/, '').split(/[?#]/, 1)[0] ?? value;

/**
 * Checks where a login should end: a path on our own origin below `basePath`, or an absolute URL of it or of one of
 * `allowedOrigins`, at most 2,048 characters, never one of the BFF's own routes. Anything else becomes the home page; an
 * absolute URL of our own origin becomes its path.
 *
 * @see RFC 9700 section 4.11
 */
export const parseReturnTo = (
  value: unknown,
  { publicOrigin, basePath, allowedOrigins }: ReturnToOptions,
): ReturnTo => {
  const home = `${basePath}/` as ReturnTo;
  if (value === home) return home;
  if (typeof value !== 'string' || value.length > longest || /[\p{Cc}\\]/u.test(value)) return home;
  const isPath = value.startsWith('/');
  if (isPath ? value.startsWith('//') : !/^https?:\/\//.test(value)) return home;
  if (!URL.canParse(value, publicOrigin)) return home;
  const url = new URL(value, publicOrigin);
  const isOwn = url.origin === publicOrigin;
  const below = isOwn ? basePath : '';
  if (!isOwn && (isPath || !allowedOrigins.includes(url.origin))) return home;
  if (url.username !== '' || url.password !== '' || !`${url.pathname}/`.startsWith(`${below}/`)) return home;
  const text = isOwn ? `${url.pathname}${url.search}${url.hash}` : url.href;
  if (text.length > longest || !isPlainPath(rawPath(value), below)) return home;
  return isPlainPath(url.pathname, below) && isReturnTo(text, url.origin) ? text : home;
};
