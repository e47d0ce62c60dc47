import { randomBytes } from 'node:crypto';
import type { SessionCookie } from '@foyer/contract';
import type { FastifyRequest } from 'fastify';
import { LRUCache } from 'lru-cache';
import { keyedDigest } from './sealing.ts';
import { type CookieRules, type CookieSeal, readCookies } from './session-cookie.ts';

/** What the session cookie holds: which record, and the key that opens it. */
export interface SessionReference {
  /** The time it was made, 6 bytes of milliseconds, and 10 random bytes: base64url. */
  readonly id: string;
  /** 32 random bytes; the server has them only while the session is in use, in memory. */
  readonly key: Buffer;
}

const keyLength = 32;
const idLength = 16;

const anonymous = new WeakSet<FastifyRequest>();

/** Handles this request as that of an anonymous visitor, whose session cookie is not read, even if it has been before. */
export const markAnonymous = (request: FastifyRequest): void => {
  anonymous.add(request);
};

/** Whether this request was marked as that of an anonymous visitor. */
export const isAnonymous = (request: FastifyRequest): boolean => anonymous.has(request);

/**
 * A new reference. Ids begin with their time, milliseconds since the epoch, so that a store writes new ones beside each
 * other; what gives access to a session is its key alone.
 *
 * @see RFC 9562 section 5.7
 */
export const createReference = (now: number): SessionReference => {
  const id = randomBytes(idLength);
  id.writeUIntBE(now, 0, 6);
  return { id: id.toString('base64url'), key: randomBytes(keyLength) };
};

/**
 * The reference that `secret`, 32 random bytes that no one but us has seen, stands for in this `use`: every process derives
 * the same. `now` is the time that its id begins with.
 */
export const deriveReference = (secret: string, use: string, now: number): SessionReference => {
  const derive = (part: string): Buffer => keyedDigest(Buffer.from(secret, 'base64url'), `${part} ${use}`);
  const id = derive('id').subarray(0, idLength);
  id.writeUIntBE(now, 0, 6);
  return { id: id.toString('base64url'), key: derive('key') };
};

/** The text of the session cookie for `reference`. */
export const sealReference = (seal: CookieSeal, { id, key }: SessionReference): string =>
  seal.seal({ id, key: key.toString('base64url') });

/** The session cookies that the request brought, unopened; none for a request that was marked anonymous. */
export const readSessionCookies = (request: FastifyRequest, rules: CookieRules): readonly string[] =>
  isAnonymous(request) ? [] : readCookies(request.headers.cookie, rules.sessionName);

/** The name and the size of the session cookie that the request brought, and nothing of its value. */
export const describeSessionCookie = (request: FastifyRequest, rules: CookieRules): SessionCookie => {
  const [text = ''] = readSessionCookies(request, rules);
  return { name: rules.sessionName, bytes: Buffer.byteLength(rules.sessionName + text) };
};

const openReference = (seal: CookieSeal, text: string): SessionReference | undefined => {
  const { id, key } = seal.open(text) ?? {};
  if (typeof id !== 'string' || typeof key !== 'string') return undefined;
  const bytes = Buffer.from(key, 'base64url');
  return bytes.length === keyLength ? { id, key: bytes } : undefined;
};

/** The references of session cookies; those of the sessions that are in use are kept open. */
export interface SessionReferences {
  /** The reference in a request's session cookie; `undefined` without one, with two, or with one that we did not seal. */
  readonly read: (request: FastifyRequest) => SessionReference | undefined;
  /** Counts the bytes of what was opened with a reference: the largest and the oldest are kept open no longer. */
  readonly weigh: (reference: SessionReference, bytes: number) => void;
  /** Wipes what is kept of a session that is over. */
  readonly forget: (id: string) => void;
}

const mostKept = 2000;
const mostKeptBytes = 16 * 1024 * 1024;
const referenceBytes = 512;
const keptForMs = 5 * 60_000;

/** Opens session cookies: to decrypt and parse one costs more than the rest of most requests. */
export const createSessionReferences = (seal: CookieSeal, rules: CookieRules): SessionReferences => {
  const texts = new Map<string, string>();
  const kept = new LRUCache<string, { readonly reference: SessionReference }>({
    max: mostKept,
    maxSize: mostKeptBytes,
    ttl: keptForMs,
    ttlAutopurge: true,
    // How often the age is looked at: each look sets a timer.
    ttlResolution: 1000,
    noDisposeOnSet: true,
    dispose: ({ reference }) => texts.delete(reference.id),
  });
  const open = (text: string): SessionReference | undefined => {
    const known = kept.get(text);
    if (known !== undefined) return known.reference;
    const opened = openReference(seal, text);
    if (opened === undefined) return undefined;
    // One cookie a session: what is kept by another text would not be weighed, nor wiped at the end.
    kept.delete(texts.get(opened.id) ?? '');
    kept.set(text, { reference: opened }, { size: referenceBytes });
    texts.set(opened.id, text);
    return opened;
  };
  return {
    read: (request) => {
      const [text, another] = readSessionCookies(request, rules);
      return text === undefined || another !== undefined ? undefined : open(text);
    },
    weigh: (reference, bytes) => {
      const text = texts.get(reference.id) ?? '';
      if (kept.peek(text)?.reference === reference)
        // A new value: the size of a known one is not looked at again.
        kept.set(text, { reference }, { size: referenceBytes + bytes });
    },
    forget: (id) => {
      kept.delete(texts.get(id) ?? '');
    },
  };
};
