import { isSameSite } from './site.ts';

/** A cookie in the jar. `expires` is in milliseconds since 1970, absent for a session cookie. */
export interface StoredCookie {
  readonly name: string;
  readonly value: string;
  readonly host: string;
  readonly path: string;
  readonly sameSite: 'strict' | 'lax' | 'none';
  readonly httpOnly: boolean;
  readonly secure: boolean;
  readonly expires?: number;
}

/** The properties of a request that decide which cookies are sent with it. */
export interface CookieRequest {
  readonly url: URL;
  readonly method: string;
  readonly initiator: URL | undefined;
  readonly isNavigation: boolean;
}

/** The cookies of one browser. */
export interface CookieJar {
  /** Stores the cookies of an answer's `Set-Cookie` lines. */
  readonly store: (url: URL, lines: readonly string[]) => void;
  /** The value of the `Cookie` header; empty when no cookie is sent. */
  readonly header: (request: CookieRequest) => string;
  /** Every unexpired cookie of the URL's host, for every path. */
  readonly all: (url: URL) => readonly StoredCookie[];
  /** Deletes every cookie. */
  readonly clear: () => void;
}

const defaultPath = (url: URL): string => url.pathname.slice(0, url.pathname.lastIndexOf('/')) || '/';

const matchesPath = (path: string, pathname: string): boolean =>
  pathname === path || pathname.startsWith(path.endsWith('/') ? path : `${path}/`);

function sameSiteOf(value: string | undefined): StoredCookie['sameSite'] {
  const known = value?.toLowerCase();
  return known === 'strict' || known === 'none' ? known : 'lax';
}

function expiryOf(attributes: ReadonlyMap<string, string>, now: number): number | undefined {
  const maxAge = attributes.get('max-age');
  if (maxAge !== undefined && /^-?\d+$/.test(maxAge)) return now + Number(maxAge) * 1000;
  const expires = Date.parse(attributes.get('expires') ?? '');
  return Number.isNaN(expires) ? undefined : expires;
}

function isRefused(cookie: StoredCookie, attributes: ReadonlyMap<string, string>): boolean {
  const prefix = cookie.name.toLowerCase();
  if (prefix.startsWith('__host-'))
    return !cookie.secure || attributes.get('path') !== '/' || attributes.has('domain');
  if (prefix.startsWith('__secure-') || cookie.sameSite === 'none') return !cookie.secure;
  return cookie.name.length + cookie.value.length > 4096;
}

function parseSetCookie(url: URL, line: string): StoredCookie | undefined {
  const [pair = '', ...rest] = line.split(';');
  const split = pair.indexOf('=');
  const attributes = new Map(
    rest.map((part) => {
      const [name = '', ...value] = part.split('=');
      return [name.trim().toLowerCase(), value.join('=').trim()];
    }),
  );
  const path = attributes.get('path');
  const expires = expiryOf(attributes, Date.now());
  const cookie: StoredCookie = {
    name: pair.slice(0, Math.max(split, 0)).trim(),
    value: pair.slice(split + 1).trim(),
    host: url.hostname,
    path: path?.startsWith('/') ? path : defaultPath(url),
    sameSite: sameSiteOf(attributes.get('samesite')),
    httpOnly: attributes.has('httponly'),
    secure: attributes.has('secure'),
    ...(expires === undefined ? {} : { expires }),
  };
  return isRefused(cookie, attributes) ? undefined : cookie;
}

function maySend(cookie: StoredCookie, request: CookieRequest): boolean {
  const { initiator, url } = request;
  if (initiator === undefined || isSameSite(initiator, url) || cookie.sameSite === 'none') return true;
  return cookie.sameSite === 'lax' && request.isNavigation && ['GET', 'HEAD'].includes(request.method);
}

/**
 * Creates an empty jar that keeps cookies by host, path and name and sends them as Chromium does. On a request that
 * another site started, `Strict` cookies are not sent, and `Lax` cookies (the default) only with safe navigations. `Secure`
 * cookies are sent over http on loopback too. `Domain` is ignored: a cookie is sent to its own host only.
 *
 * @see RFC 6265bis 5.6 to 5.8
 */
export function createCookieJar(): CookieJar {
  const cookies = new Map<string, StoredCookie>();
  const unexpired = (host: string): StoredCookie[] =>
    [...cookies.values()].filter((one) => one.host === host && (one.expires ?? Infinity) > Date.now());
  return {
    store: (url, lines) => {
      for (const line of lines) {
        const cookie = parseSetCookie(url, line);
        if (cookie === undefined) continue;
        const key = JSON.stringify([cookie.host, cookie.path, cookie.name]);
        if ((cookie.expires ?? Infinity) <= Date.now()) cookies.delete(key);
        else cookies.set(key, cookie);
      }
    },
    header: (request) =>
      unexpired(request.url.hostname)
        .filter((one) => matchesPath(one.path, request.url.pathname) && maySend(one, request))
        .sort((one, other) => other.path.length - one.path.length)
        .map((one) => `${one.name}=${one.value}`)
        .join('; '),
    all: (url) => unexpired(url.hostname),
    clear: () => cookies.clear(),
  };
}
