import { paths } from '@foyer/contract';
import type { FastifyReply } from 'fastify';
import { isNavigation } from '../browser-security/cross-site.ts';
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

/** Decoded as often as a server on the way may decode it: three times hides nothing that a router would see. */
export const fullyDecoded = (path: string): string => decode(decode(decode(path))).toLowerCase();

const ownPaths = Object.values(paths).filter((path) => !path.startsWith('/api/'));

const isOwnRoute = (path: string, basePath: string): boolean => {
  const plain = path.slice(basePath.length).replace(/\/+$/, '');
  const isBelow = ['/api', paths.callback].some((own) => plain.startsWith(`${own}/`));
  return isBelow || plain === '/api' || ownPaths.some((own) => own === plain);
};

/** Whether a path stays a path of ours, however it is read: no empty first segment, no backslash, no dot segments. */
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

/** A path, or an absolute URL, of ordinary characters. */
const isAddress = (value: unknown): value is string =>
  typeof value === 'string' &&
  value.length <= longest &&
  !/[\p{Cc}\\]/u.test(value) &&
  /^(\/(?!\/)|https?:\/\/)/.test(value);

/** The address on our own origin below `basePath`, or on an allowed origin, without credentials. */
const resolve = (value: string, options: ReturnToOptions): URL | undefined => {
  const url = URL.parse(value, options.publicOrigin);
  if (url === null || url.username !== '' || url.password !== '') return undefined;
  const isAllowed =
    url.origin === options.publicOrigin
      ? `${url.pathname}/`.startsWith(`${options.basePath}/`)
      : !value.startsWith('/') && options.allowedOrigins.includes(url.origin);
  return isAllowed ? url : undefined;
};

/**
 * Checks where a login should end: a path on our own origin below `basePath`, or an absolute URL of it or of one of
 * `allowedOrigins`, at most 2,048 characters, never one of the BFF's own routes. Anything else becomes the home page; an
 * absolute URL of our own origin becomes its path.
 *
 * @see RFC 9700 section 4.11
 */
export const parseReturnTo = (value: unknown, options: ReturnToOptions): ReturnTo => {
  const home = `${options.basePath}/` as ReturnTo;
  const url = isAddress(value) ? resolve(value, options) : undefined;
  if (url === undefined) return home;
  const isOwn = url.origin === options.publicOrigin;
  const text = isOwn ? `${url.pathname}${url.search}${url.hash}` : url.href;
  const arePlain = [rawPath(String(value)), url.pathname].every((path) =>
    isPlainPath(path, isOwn ? options.basePath : ''),
  );
  return text.length <= longest && arePlain && isReturnTo(text, url.origin) ? text : home;
};

/**
 * Sends a callback on to where its login ends. A browser would carry a fragment that the provider added to the callback
 * over to an address without one: an empty fragment keeps it out. Other clients get the very text that was checked.
 *
 * @see RFC 9700 section 4.1.3
 */
export const endCallback = (reply: FastifyReply, returnTo: ReturnTo): FastifyReply =>
  reply.redirect(isNavigation(reply.request) && !returnTo.includes('#') ? `${returnTo}#` : returnTo, 303);
