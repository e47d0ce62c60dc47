import type { Socket } from 'node:net';
import type { FastifyRequest } from 'fastify';
import { takeRandomBytes } from '../random-bytes.ts';
import { type CookieRules, type CookieSeal, readCookies } from './session-cookie.ts';

/** What the session cookie holds: which record, and the key that opens it. */
export interface SessionReference {
  /** The time it was made, 6 bytes of milliseconds, and 10 random bytes: base64url. */
  readonly id: string;
  /** 32 random bytes; the server keeps no copy. */
  readonly key: Buffer;
}

const anonymous = new WeakSet<FastifyRequest>();

/** Lets this request pass as that of nobody: whatever session cookie it brought is not looked at. */
export const markAnonymous = (request: FastifyRequest): void => {
  anonymous.add(request);
};

/**
 * A reference that nobody has had before. Ids begin with their time, milliseconds since the epoch, so that a store writes
 * new ones beside each other; what a session can do is in its key alone.
 *
 * @see RFC 9562 section 5.7
 */
export const createReference = (now: number): SessionReference => {
  const bytes = takeRandomBytes(48);
  bytes.writeUIntBE(now, 0, 6);
  return { id: bytes.toString('base64url', 0, 16), key: bytes.subarray(16) };
};

/** The text of the session cookie for `reference`. */
export const sealReference = (seal: CookieSeal, { id, key }: SessionReference): string =>
  seal.seal('session', { id, key: key.toString('base64url') });

/** The session cookies that the request brought, unopened; none for a request that was marked anonymous. */
export const readSessionCookies = (request: FastifyRequest, rules: CookieRules): readonly string[] =>
  anonymous.has(request) ? [] : readCookies(request.headers.cookie, rules.sessionName);

/** Memory of its own: a small buffer is cut out of a large one, and keeps the whole of it. */
const copyBytes = (bytes: Uint8Array): Buffer => Buffer.from(new Uint8Array(bytes).buffer);

const openReference = (seal: CookieSeal, text: string): SessionReference | undefined => {
  const { id, key } = seal.open('session', text) ?? {};
  if (typeof id !== 'string' || typeof key !== 'string') return undefined;
  const bytes = copyBytes(Buffer.from(key, 'base64url'));
  return bytes.length === 32 ? { id, key: bytes } : undefined;
};

/** Cookies whose reference is remembered; with more, the oldest are opened anew. */
const mostOpened = 1000;

/** A copy of its own: a part cut out of a header keeps the whole header in memory. */
const copyText = (text: string): string => Buffer.from(text).toString();

/** Characters of the longest `Cookie` header that a connection keeps. */
const longestKept = 4096;

/**
 * Makes the reader of session cookies: a request's reference, `undefined` without a cookie, with two, or with
 * one that we did not seal. The same cookie gives the same object for a while, and is not even looked for in a header
 * that came before on the same connection; what it gives says nothing of whether the session lives, which the store is
 * asked every time.
 */
export const createReferenceReader = (rules: CookieRules, seal: CookieSeal) => {
  const opened = new Map<string, SessionReference>();
  const brought = new WeakMap<Socket, { readonly header: string; readonly reference: SessionReference }>();

  const open = (text: string): SessionReference | undefined => {
    const known = opened.get(text);
    if (known !== undefined) return known;
    const reference = openReference(seal, text);
    if (reference === undefined) return undefined;
    const [oldest] = opened.size >= mostOpened ? opened.keys() : [];
    if (oldest !== undefined) opened.delete(oldest);
    opened.set(copyText(text), reference);
    return reference;
  };

  return (request: FastifyRequest): SessionReference | undefined => {
    const header = request.headers.cookie;
    if (header === undefined || anonymous.has(request)) return undefined;
    const { socket } = request.raw;
    const last = brought.get(socket);
    if (last?.header === header) return last.reference;
    const [text, another] = readCookies(header, rules.sessionName);
    if (text === undefined || another !== undefined) return undefined;
    const reference = open(text);
    if (reference !== undefined && header.length <= longestKept) brought.set(socket, { header, reference });
    return reference;
  };
};
