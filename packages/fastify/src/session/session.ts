import { hash } from 'node:crypto';
import type { SessionSummary, SignedOutReason, User } from '@foyer/contract';
import type { FastifyBaseLogger, FastifyReply, FastifyRequest } from 'fastify';
import type { ResolvedOptions } from '../options.ts';
import type { CompletedLogin, Provider } from '../provider/provider.ts';
import type { Eventually } from '../stores/session-store.ts';
import { createAccessTokens } from '../tokens/access-token.ts';
import { seenSession } from './seen-session.ts';
import { type CookieSeal, createCookieRules } from './session-cookie.ts';
import { createSessionEnding } from './session-ending.ts';
import { createSessionEvents } from './session-events.ts';
import { createSessionAbouts, createSessionList, findSubjectSessions, subjectOf } from './session-list.ts';
import type { SessionRecord } from './session-record.ts';
import {
  createReference,
  createReferenceReader,
  readSessionCookies,
  sealReference,
} from './session-reference.ts';
import { createSessionVault } from './session-vault.ts';
import { guardStore } from './store-guard.ts';
import { createStoreIndex } from './store-index.ts';
import { createUser } from './user.ts';

export { markAnonymous } from './session-reference.ts';

/** A live session, as one request sees it. Times are milliseconds since the epoch. */
export interface Session {
  /** The public handle. */
  readonly id: string;
  readonly user: User;
  readonly displayName: string;
  readonly record: SessionRecord;
  /** Version of the stored record that was read. */
  readonly version: number;
  readonly lastSeenAt: number;
  readonly idleExpiresAt: number;
  readonly expiresAt: number;
}

/** How a request looks at its session. */
export interface CurrentOptions {
  /** Whether it extends the idle time. Default true. */
  readonly slide?: boolean;
}

/**
 * The sessions of this BFF: the one door to the session cookie and the records behind it. Every method
 * that touches the store throws `Problem` `store_unavailable` when it cannot.
 */
export interface Sessions {
  /** Opens a session for a finished login: a new id, its cookie on `reply`. Ends the one it `replaces` and the one that the request brought. */
  readonly open: (
    request: FastifyRequest,
    reply: FastifyReply,
    login: CompletedLogin,
    replaces: string | undefined,
  ) => Promise<Session>;
  /** The session as the store has it now, for streams that outlive a read; extends nothing. */
  readonly reread: (session: Session) => Promise<Session | undefined>;
  /** The live session of this request, read once a request; `undefined` for everybody else. At once where the store is local. */
  readonly current: (request: FastifyRequest, options?: CurrentOptions) => Eventually<Session | undefined>;
  /** Whether the request brought a session cookie, good or not: tells `session_expired` from `unauthenticated`. */
  readonly broughtCookie: (request: FastifyRequest) => boolean;
  /** Ends the request's session, if any, and clears its cookie. Gives back the session that ended. */
  readonly close: (
    request: FastifyRequest,
    reply: FastifyReply,
    reason: SignedOutReason,
  ) => Promise<Session | undefined>;
  /** Ends a session by its id on every process; `false` when it was over already. */
  readonly end: (id: string, reason: SignedOutReason) => Promise<boolean>;
  /** Back-channel logout: `sid` ends that provider session, `sub` alone ends all of the subject; both: by `sid`. */
  readonly endByProvider: (target: {
    readonly issuer: string;
    readonly sub: string | undefined;
    readonly sid: string | undefined;
  }) => Promise<number>;
  /** The sessions of this session's user, the newest first. */
  readonly list: (session: Session) => Promise<readonly SessionSummary[]>;
  /** Ends one session of this session's user; `false` when it is not theirs or is over. */
  readonly endOwn: (session: Session, id: string) => Promise<boolean>;
  /** Ends all sessions of this session's user but this one. */
  readonly endOthers: (session: Session) => Promise<number>;
  /**
   * A valid access token: the session's own, at once, or refreshed when it expires within 30 s. One refresh a
   * session at a time, across processes.
   *
   * @throws Problem `session_expired` when the grant is over (the session has been ended), `provider_*` with
   * `Retry-After` when the provider is in trouble and the old token is no longer valid.
   */
  readonly accessToken: (session: Session) => Eventually<string>;
  /**
   * Calls back once when the session ends, on whichever process, or expires; gives back the way to stop
   * listening.
   */
  readonly onEnded: (id: string, listener: (reason: SignedOutReason) => void) => () => void;
  /** Claims a one-time value until `expiresAt` (milliseconds): `true` for the first, on every process. */
  readonly claimOnce: (value: string, expiresAt: number) => Promise<boolean>;
  /** Whether a one-time value has been claimed and is still remembered. */
  readonly isClaimed: (value: string) => Promise<boolean>;
  /** Throws when the store does not answer. */
  readonly checkStore: () => Promise<void>;
  /** Stops timers and listeners; the store is closed by whoever opened it. */
  readonly stop: () => Promise<void>;
}

/** What the sessions are made of. */
export interface SessionDependencies {
  readonly options: ResolvedOptions;
  readonly provider: Provider;
  readonly seal: CookieSeal;
  readonly log: FastifyBaseLogger;
}

const digest = (value: string): string => hash('sha256', value, 'base64url');

/** Makes the sessions of one BFF over the store of its options. */
export const createSessions = ({ options, provider, seal, log }: SessionDependencies): Sessions => {
  const { clientId, clock, sessionKeys } = options;
  const store = guardStore(options.sessionStore, options.observe);
  const rules = createCookieRules(options);
  const readReference = createReferenceReader(rules, seal);
  const index = createStoreIndex(sessionKeys, clientId);
  const abouts = createSessionAbouts(sessionKeys);
  const vault = createSessionVault(options, store);
  const events = createSessionEvents(store, clock, log);
  const ending = createSessionEnding(store, index, events, options.observe);
  const accessToken = createAccessTokens({ options, provider, store, vault, end: ending.end, log });

  const remember = <T extends Eventually<Session | undefined>>(request: FastifyRequest, session: T): T => {
    request[seenSession] = session ?? null;
    return session;
  };

  const read = (request: FastifyRequest): Eventually<Session | undefined> => {
    const seen = request[seenSession];
    if (seen !== undefined) return seen ?? undefined;
    const reference = readReference(request);
    return remember(request, reference === undefined ? undefined : vault.read(reference));
  };

  const slide = async (request: FastifyRequest, session: Session): Promise<Session | undefined> =>
    remember(request, await vault.slide(session));

  const createRecord = ({ issuer, sub, claims, tokens }: CompletedLogin): SessionRecord => {
    const createdAt = clock();
    const expiresAt = createdAt + Math.round(options.sessionLifetime * 1000);
    return { issuer, user: createUser(sub, claims), tokens, createdAt, expiresAt };
  };

  return {
    ...ending,
    accessToken,
    onEnded: events.onEnded,
    reread: vault.reread,
    open: async (request, reply, login, replaces) => {
      const { issuer, sub, sid } = login;
      const record = createRecord(login);
      const brought = await read(request);
      const reference = createReference(record.createdAt);
      const target = { issuer, value: sub };
      const session = await vault.insert(reference, record, {
        subject: index.subject(target),
        providerSession: sid === undefined ? undefined : index.providerSession({ issuer, value: sid }),
        about: abouts.seal(target, record.createdAt, request.headers['user-agent']),
      });
      options.observe?.({ kind: 'session_opened' });
      // A login that another tab has finished meanwhile left a session that this one could not know of.
      for (const old of new Set([replaces, brought?.id]))
        if (old !== undefined) await ending.end(old, 'replaced');
      reply.header('set-cookie', rules.setSession(sealReference(seal, reference)));
      return remember(request, session);
    },
    current: (request, { slide: slides = true } = {}) => {
      const settle = (session: Session | undefined): Eventually<Session | undefined> =>
        session !== undefined && slides && vault.isToSlide(session) ? slide(request, session) : session;
      const session = read(request);
      return session instanceof Promise ? session.then(settle) : settle(session);
    },
    broughtCookie: (request) => readSessionCookies(request, rules).length > 0,
    close: async (request, reply, reason) => {
      const session = await read(request);
      if (session !== undefined) await ending.end(session.id, reason);
      remember(request, undefined);
      if (readSessionCookies(request, rules).length > 0) reply.header('set-cookie', rules.clearSession());
      return session;
    },
    list: async (session) =>
      createSessionList(session, await findSubjectSessions(store, index, subjectOf(session)), abouts),
    claimOnce: async (value, expiresAt) => store.claim(digest(value), Math.ceil(expiresAt)),
    isClaimed: async (value) => store.isClaimed(digest(value)),
    checkStore: async () => store.check(),
    stop: async () => events.stop(),
  };
};
