import { hash } from 'node:crypto';
import type { SessionSummary, SignedOutReason } from '@foyer/contract';
import type { FastifyBaseLogger, FastifyReply, FastifyRequest } from 'fastify';
import { logEvent } from '../events.ts';
import type { ResolvedOptions } from '../options.ts';
import { Problem } from '../problems.ts';
import type { SessionStore } from '../stores/session-store.ts';
import { noteSubject } from './log-subject.ts';
import { createRecentLogouts } from './recent-logouts.ts';
import { type CookieSeal, createCookieRules } from './session-cookie.ts';
import { createSessionEnding, type SessionEnding } from './session-ending.ts';
import { createSessionEvents } from './session-events.ts';
import { isUseToBeWritten } from './session-limits.ts';
import { createSessionSearch, createStoreIndex } from './session-list.ts';
import { createSessionOpening, type SessionOpening } from './session-opening.ts';
import type { Session } from './session-record.ts';
import { createSessionRecords, type SessionRecords } from './session-records.ts';
import {
  createSessionReferences,
  describeSessionCookie,
  isAnonymous,
  readSessionCookies,
  type SessionReferences,
} from './session-reference.ts';

/** The property of a request that has its session; a `WeakMap` of requests would cost time at each garbage collection. */
const sessionOfRequest: unique symbol = Symbol('foyer.session');

/** The session of a request, and whose it is: one host may have several BFFs. */
interface SessionRead {
  readonly by: SessionRecords;
  readonly session: Promise<Session | undefined>;
}

declare module 'fastify' {
  interface FastifyRequest {
    [sessionOfRequest]?: SessionRead;
  }
}

/** The note of a one-time value whose use has come to its end. */
const finished = 1;

/** How a request looks at its session. */
interface CurrentOptions {
  /** Whether it extends the idle time. Default true. */
  readonly slide?: boolean;
}

/**
 * The sessions of this BFF: the one door to the session cookie and the records behind it. Every method
 * that touches the store throws `Problem` `store_unavailable` when it cannot.
 */
export interface Sessions extends SessionOpening, SessionEnding, Pick<SessionRecords, 'reread' | 'save'> {
  /** The live session of this request, read once a request; `undefined` for an anonymous visitor. */
  readonly current: (request: FastifyRequest, options?: CurrentOptions) => Promise<Session | undefined>;
  /**
   * The live session of this request.
   *
   * @throws Problem `session_expired` when the request brought a session cookie, `unauthenticated` when not.
   */
  readonly require: (request: FastifyRequest, options?: CurrentOptions) => Promise<Session>;
  /** Ends the request's session, if any, and clears its cookie. Returns the session that ended. */
  readonly close: (
    request: FastifyRequest,
    reply: FastifyReply,
    reason: SignedOutReason,
  ) => Promise<Session | undefined>;
  /** The sessions of the user of `session`, which the request brought, the newest first. */
  readonly list: (request: FastifyRequest, session: Session) => Promise<readonly SessionSummary[]>;
  /** Calls back once when the session ends, on any process, or expires; returns the way to stop listening. */
  readonly onEnded: (id: string, listener: (reason: SignedOutReason) => void) => () => void;
  /** Claims a one-time value until `expiresAt` (milliseconds): `true` for the first, on every process. */
  readonly claimOnce: (value: string, expiresAt: number) => Promise<boolean>;
  /** Whether a one-time value has been claimed and is still remembered. */
  readonly isClaimed: (value: string) => Promise<boolean>;
  /** Notes that what a one-time value was claimed for is finished. */
  readonly finish: (value: string) => Promise<void>;
  /** Whether that was noted. */
  readonly isFinished: (value: string) => Promise<boolean>;
  /** Throws when the store does not answer. */
  readonly checkStore: () => Promise<void>;
  /** Stops timers and listeners; the store is closed by the program that opened it. */
  readonly stop: () => Promise<void>;
}

/** Reads the session of a request, once a request. */
const createReader = (records: SessionRecords, references: SessionReferences) => {
  const remember = (
    request: FastifyRequest,
    session: Promise<Session | undefined>,
  ): Promise<Session | undefined> => {
    request[sessionOfRequest] = { by: records, session };
    return session;
  };
  const readNew = async (request: FastifyRequest): Promise<Session | undefined> => {
    const reference = references.read(request);
    if (reference === undefined) return undefined;
    const session = await records.read(reference);
    if (session === undefined) references.forget(reference.id);
    else noteSubject(request, session.user.sub);
    return session;
  };
  const read = (request: FastifyRequest): Promise<Session | undefined> => {
    if (isAnonymous(request)) return Promise.resolve(undefined);
    const known = request[sessionOfRequest];
    return known?.by === records ? known.session : remember(request, readNew(request));
  };
  /** A session whose use cannot be written now is alive all the same: it is not extended, and no reason to refuse. */
  const extend = async (request: FastifyRequest, session: Session): Promise<Session | undefined> => {
    try {
      return await records.extend(session);
    } catch (error) {
      logEvent(request.log, 'idle_not_extended', { err: error });
      return session;
    }
  };
  return {
    read,
    remember,
    extend: (request: FastifyRequest, session: Session) => remember(request, extend(request, session)),
  };
};

/** What the sessions are made of. */
export interface SessionDependencies {
  readonly options: ResolvedOptions;
  /** As `guardStore` makes it. */
  readonly store: SessionStore;
  readonly seal: CookieSeal;
  readonly log: FastifyBaseLogger;
}

const digest = (value: string): string => hash('sha256', value, 'base64url');

/** Makes the one-time values: of each the store learns a digest alone. */
const createOneTimeValues = (store: SessionStore) =>
  ({
    claimOnce: async (value, expiresAt) => store.claim(digest(value), Math.ceil(expiresAt)),
    isClaimed: async (value) => (await store.readClaim(digest(value))) !== undefined,
    finish: async (value) => store.noteClaim(digest(value), finished),
    isFinished: async (value) => (await store.readClaim(digest(value))) === finished,
  }) satisfies Partial<Sessions>;

/** Makes the sessions of one BFF over the store of its options. */
export const createSessions = ({ options, store, seal, log }: SessionDependencies): Sessions => {
  const { clock, sessionKeys, observe } = options;
  const index = createStoreIndex(sessionKeys);
  const search = createSessionSearch(store, sessionKeys, index);
  const rules = createCookieRules(options);
  const references = createSessionReferences(seal, rules);
  const records = createSessionRecords(options, store, references);
  const events = createSessionEvents(store, clock, log);
  const recentLogouts = createRecentLogouts(options, store, index);
  const ending = createSessionEnding({ store, search, events, references, recentLogouts, observe });
  const reader = createReader(records, references);
  const { end } = ending;

  const broughtCookie = (request: FastifyRequest): boolean => readSessionCookies(request, rules).length > 0;
  const current: Sessions['current'] = async (request, { slide = true } = {}) => {
    const session = await reader.read(request);
    if (session === undefined || !slide || !isUseToBeWritten(options, session)) return session;
    return reader.extend(request, session);
  };

  return {
    ...createSessionOpening({ options, seal, rules, records, search, recentLogouts, end }, reader),
    ...ending,
    ...createOneTimeValues(store),
    reread: records.reread,
    save: records.save,
    onEnded: events.onEnded,
    list: (request, session) => search.list(session, describeSessionCookie(request, rules)),
    current,
    require: async (request, given) => {
      const session = await current(request, given);
      if (session !== undefined) return session;
      const code = broughtCookie(request) ? 'session_expired' : 'unauthenticated';
      throw new Problem(code, 'The request has no live session');
    },
    close: async (request, reply, reason) => {
      const session = await reader.read(request);
      if (session !== undefined) await end(session.id, reason);
      reader.remember(request, Promise.resolve(undefined));
      if (broughtCookie(request)) reply.header('set-cookie', rules.clear(rules.sessionName));
      return session;
    },
    checkStore: () => store.check(),
    stop: async () => events.stop(),
  };
};
