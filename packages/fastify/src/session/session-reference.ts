import { randomBytes } from 'node:crypto';
import type { FastifyRequest } from 'fastify';
import { type CookieRules, type CookieSeal, readCookies } from './session-cookie.ts';

/** What the session cookie holds: which record, and the key that opens it. */
export interface SessionReference {
  /** 16 random bytes, base64url. */
  readonly id: string;
  /** 32 random bytes; the server keeps no copy. */
  readonly key: Buffer;
}

const anonymous = new WeakSet<FastifyRequest>();

/** Lets this request pass as that of nobody: whatever session cookie it brought is not looked at. */
export const markAnonymous = (request: FastifyRequest): void => {
  anonymous.add(request);
};

/** A reference that nobody has had before. */
export const createReference = (): SessionReference => ({
  id: randomBytes(16).toString('base64url'),
  key: randomBytes(32),
});

/** The text of the session cookie for `reference`. */
export const sealReference = (seal: CookieSeal, { id, key }: SessionReference): string =>
  seal.seal('session', { id, key: key.toString('base64url') });

/** The session cookies that the request brought, unopened; none for a request that was marked anonymous. */
export const readSessionCookies = (request: FastifyRequest, rules: CookieRules): readonly string[] =>
  anonymous.has(request) ? [] : readCookies(request.headers.cookie, rules.sessionName);

/** Opens the request's session cookie; `undefined` without one, with two, or with one that we did not seal. */
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
  return bytes.length === 32 ? { id, key: bytes } : undefined;
};
