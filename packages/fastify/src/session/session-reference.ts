import { randomBytes } from 'node:crypto';
import type { FastifyRequest } from 'fastify';
import { type CookieRules, type CookieSeal, readCookies } from './session-cookie.ts';

/** What the session cookie holds: which record, and the key that opens it. */
export interface SessionReference {
  /** The time it was made, 6 bytes of milliseconds, and 10 random bytes: base64url. */
  readonly id: string;
  /** 32 random bytes; the server keeps no copy. */
  readonly key: Buffer;
}

const keyLength = 32;

const anonymous = new WeakSet<FastifyRequest>();

/** Handles this request as that of an anonymous visitor: a session cookie that it brought is not read. */
export const markAnonymous = (request: FastifyRequest): void => {
  anonymous.add(request);
};

/**
 * A new reference. Ids begin with their time, milliseconds since the epoch, so that a store writes new ones beside each
 * other; what gives access to a session is its key alone.
 *
 * @see RFC 9562 section 5.7
 */
export const createReference = (now: number): SessionReference => {
  const id = randomBytes(16);
  id.writeUIntBE(now, 0, 6);
  return { id: id.toString('base64url'), key: randomBytes(keyLength) };
};

/** The text of the session cookie for `reference`. */
export const sealReference = (seal: CookieSeal, { id, key }: SessionReference): string =>
  seal.seal('session', { id, key: key.toString('base64url') });

/** The session cookies that the request brought, unopened; none for a request that was marked anonymous. */
export const readSessionCookies = (request: FastifyRequest, rules: CookieRules): readonly string[] =>
  anonymous.has(request) ? [] : readCookies(request.headers.cookie, rules.sessionName);

/** The reference in a request's session cookie; `undefined` without a cookie, with two, or with one that we did not seal. */
export const readReference = (
  request: FastifyRequest,
  rules: CookieRules,
  seal: CookieSeal,
): SessionReference | undefined => {
  const [text, another] = readSessionCookies(request, rules);
  if (text === undefined || another !== undefined) return undefined;
  const { id, key } = seal.open('session', text) ?? {};
  if (typeof id !== 'string' || typeof key !== 'string') return undefined;
  const bytes = Buffer.from(key, 'base64url');
  return bytes.length === keyLength ? { id, key: bytes } : undefined;
};
