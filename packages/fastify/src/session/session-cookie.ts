import secureSession from '@fastify/secure-session';
import type { ResolvedOptions } from '../options.ts';
import { createPrivateInstance } from './private-instance.ts';
import { decodeText, deriveKeys } from './sealing.ts';

/** Seals the session cookie and opens it again. Sealed text needs no cookie encoding. */
export interface CookieSeal {
  /** Seals with the first key. */
  readonly seal: (value: Readonly<Record<string, unknown>>) => string;
  /** Opens with any key; `undefined` for whatever this server did not seal, to the letter. */
  readonly open: (text: string) => Readonly<Record<string, unknown>> | undefined;
}

/** secure-session's own expiry, in seconds, is switched off: the limits are timestamps of ours. */
const noExpiry = 1e11;

const decode = (text: string): string | undefined => {
  const [sealed, nonce, ...others] = text.split('.').map(decodeText);
  if (sealed === undefined || nonce === undefined || others.length > 0) return undefined;
  return `${sealed.toString('base64')};${nonce.toString('base64')}`;
};

const encode = (sealed: string): string =>
  sealed.replaceAll('=', '').replaceAll('+', '-').replaceAll('/', '_').replace(';', '.');

/**
 * Makes the seal of @fastify/secure-session. The library has a Fastify instance of its own, without routes: in a host
 * that registered the library itself its decorators would collide. Which cookies are read and written, and when, is
 * decided by the sessions.
 */
export const createCookieSeal = async (keys: readonly Uint8Array[]): Promise<CookieSeal> => {
  const sealer = createPrivateInstance();
  await sealer.register(secureSession, {
    cookieName: 'unused',
    key: [...deriveKeys(keys, 'cookie session')],
    expiry: noExpiry,
  });
  const { createSecureSession, decodeSecureSession, encodeSecureSession, log } = sealer;
  return {
    seal: (value) => encode(encodeSecureSession(createSecureSession({ ...value }))),
    open: (text) => {
      const sealed = decode(text);
      if (sealed === undefined) return undefined;
      const session = decodeSecureSession(sealed, log);
      return session ? { ...session.data() } : undefined;
    },
  };
};

/** The names and attributes of our cookies for one public URL. @see RFC 6265bis sections 4.1.2 and 4.1.3 */
export interface CookieRules {
  readonly sessionName: string;
  /** What every pending login's cookie name begins with; its id follows. */
  readonly loginPrefix: string;
  /** The cookie that counts rounds of sign-in that failed. */
  readonly roundsName: string;
  /** A `Set-Cookie`. `maxAge` is in seconds; without one the cookie goes when the browser closes. */
  readonly set: (name: string, text: string, maxAge?: number) => string;
  readonly clear: (name: string) => string;
}

type CookieOptions = Pick<ResolvedOptions, 'cookieName' | 'publicOrigin' | 'basePath' | 'isSecure'>;

/** What the names of our cookies begin with on https: below a path no `__Host-` name is allowed. */
export const securePrefix = (basePath: string): string => (basePath === '' ? '__Host-Http-' : '__Secure-');

/** Cookies ignore ports: the name says which server it belongs to. */
const createSessionName = ({ cookieName, publicOrigin, basePath, isSecure }: CookieOptions): string => {
  const { port } = new URL(publicOrigin);
  if (!isSecure) return `${cookieName}-${port || '80'}`;
  return `${securePrefix(basePath)}${cookieName}${port === '' ? '' : `-${port}`}`;
};

/** Makes the rules of one public URL: the cookies are sent below its path alone. */
export const createCookieRules = (options: CookieOptions): CookieRules => {
  const { basePath, isSecure } = options;
  const sessionName = createSessionName(options);
  /** The provider sends a browser back to the callback from another site. @see docs/decisions/0005-strict-and-lax.md */
  const attributesOf = (name: string): string =>
    `Path=${basePath || '/'}; HttpOnly; ${isSecure ? 'Secure; ' : ''}SameSite=${name === sessionName ? 'Strict' : 'Lax'}`;
  return {
    sessionName,
    loginPrefix: `${sessionName}-login-`,
    roundsName: `${sessionName}-rounds`,
    set: (name, text, maxAge) =>
      `${name}=${text}; ${maxAge === undefined ? '' : `Max-Age=${maxAge}; `}${attributesOf(name)}`,
    clear: (name) => `${name}=; Max-Age=0; Expires=Thu, 01 Jan 1970 00:00:00 GMT; ${attributesOf(name)}`,
  };
};

/**
 * Every cookie of this name in a `Cookie` header, unparsed. Two of one name are the mark of a cookie that
 * was planted from a sibling host; callers treat them as none.
 */
export const readCookies = (header: string | undefined, name: string): readonly string[] => {
  const found: string[] = [];
  for (const pair of (header ?? '').split(';')) {
    const text = pair.trimStart();
    if (text.startsWith(name) && text.charAt(name.length) === '=')
      found.push(text.slice(name.length + 1).trim());
  }
  return found;
};

/** Every cookie whose name begins with `prefix`, unparsed. */
export const readCookiesByPrefix = (
  header: string | undefined,
  prefix: string,
): readonly { readonly name: string; readonly value: string }[] =>
  (header ?? '').split(';').flatMap((pair) => {
    const equals = pair.indexOf('=');
    const name = pair.slice(0, equals).trim();
    return equals > 0 && name.startsWith(prefix) ? [{ name, value: pair.slice(equals + 1).trim() }] : [];
  });
