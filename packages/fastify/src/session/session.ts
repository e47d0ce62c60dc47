import type { SignedOutReason } from '@foyer/contract';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { logEvent } from '../events.ts';
import type { ResolvedOptions } from '../options.ts';
import { Problem } from '../problems.ts';
import type { CompletedLogin } from '../provider/provider.ts';
import type { Session } from './live-session.ts';
import { noteSubject } from './log-subject.ts';
import type { RecentLogouts } from './recent-logouts.ts';
import type { CookieRules, CookieSeal } from './session-cookie.ts';
import type { SessionEnding } from './session-ending.ts';
import { endEarlierSessions } from './session-fixation.ts';
import { absoluteEnd, isUseToBeWritten, providerEnd } from './session-limits.ts';
import type { SessionLabelling } from './session-list.ts';
import { parseAuthentication, type SessionRecord, type ShownClaims } from './session-record.ts';
import type { SessionRecords } from './session-records.ts';
import {
  createReference,
  readSessionCookies,
  type SessionReference,
  type SessionReferences,
  sealReference,
} from './session-reference.ts';
import { createUser } from './user.ts';

/** Where a request has its session: on itself, as a table of requests by their identity costs each collection of garbage. */
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

/** How a request looks at its session. */
export interface CurrentOptions {
  /** Whether it extends the idle time. Default true. */
  readonly slide?: boolean;
}

/** A login that is finished, and the session that its browser had when it began. */
interface FinishedLogin {
  readonly login: CompletedLogin;
  readonly replaces: string | undefined;
  /** What the application has decided about the claims. */
  readonly shown?: ShownClaims | undefined;
  /** What the new session is known by; a random one by default. */
  readonly reference?: SessionReference;
}

/** The session of a request: its cookie, and the record behind it. */
export interface RequestSession {
  /**
   * Opens a session for a finished login: a new id, its cookie on `reply`. Ends the one it `replaces` and the one that
   * the request brought.
   *
   * @throws Problem `login_required` when the provider or an operator has signed the person out meanwhile.
   */
  readonly open: (request: FastifyRequest, reply: FastifyReply, finished: FinishedLogin) => Promise<Session>;
  /** Sets the cookie of a session that another request has opened; `undefined` when there is none under this reference. */
  readonly join: (reply: FastifyReply, reference: SessionReference) => Promise<Session | undefined>;
  /** The live session of this request, read once a request; `undefined` for an anonymous visitor. */
  readonly current: (request: FastifyRequest, options?: CurrentOptions) => Promise<Session | undefined>;
  /** Whether the request brought a session cookie, good or not: tells `session_expired` from `unauthenticated`. */
  readonly broughtCookie: (request: FastifyRequest) => boolean;
  /** Ends the request's session, if any, and clears its cookie. Returns the session that ended. */
  readonly close: (
    request: FastifyRequest,
    reply: FastifyReply,
    reason: SignedOutReason,
  ) => Promise<Session | undefined>;
}

/** What the session of a request is made of. */
export interface RequestSessionDependencies {
  readonly options: ResolvedOptions;
  readonly seal: CookieSeal;
  readonly rules: CookieRules;
  readonly references: SessionReferences;
  readonly records: SessionRecords;
  readonly labelling: SessionLabelling;
  readonly recentLogouts: RecentLogouts;
  readonly end: SessionEnding['end'];
}

/** To be called after the session is stored: a sign-out that comes later finds it. */
const requireStillSignedIn = async (
  { recentLogouts, end, options }: RequestSessionDependencies,
  { session, elapsedMs }: { readonly session: Session; readonly elapsedMs: number },
  login: CompletedLogin,
): Promise<void> => {
  if (!(await recentLogouts.cover(login, options.clock() - elapsedMs))) return;
  await end(session.id, 'backchannel');
  throw new Problem(
    'login_required',
    'The provider or an operator signed the person out while the login was finished',
  );
};

/** Reads the session of a request, once a request. */
const createReader = ({ records, references }: RequestSessionDependencies) => {
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
    const known = request[sessionOfRequest];
    return known?.by === records ? known.session : remember(request, readNew(request));
  };
  return { read, remember };
};

/** Opens, reads and closes the sessions of requests. */
export const createRequestSession = (dependencies: RequestSessionDependencies): RequestSession => {
  const { options, seal, rules, records, labelling, end } = dependencies;
  const { read, remember } = createReader(dependencies);

  /** A session whose use cannot be written now is alive all the same: it is not extended, and no reason to refuse. */
  const extend = async (request: FastifyRequest, session: Session): Promise<Session | undefined> => {
    try {
      return await records.extend(session);
    } catch (error) {
      logEvent(request.log, 'idle_not_extended', { err: error });
      return session;
    }
  };

  const createRecord = ({ login, shown }: FinishedLogin): SessionRecord => {
    const { issuer, sub, claims, idTokenClaims, tokens } = login;
    const createdAt = options.clock();
    const expiresAt = Math.min(absoluteEnd(options, createdAt), providerEnd(idTokenClaims));
    const authentication = parseAuthentication(idTokenClaims);
    return { issuer, user: createUser(sub, claims), authentication, shown, tokens, createdAt, expiresAt };
  };

  const setCookie = (reply: FastifyReply, { reference, expiresAt }: Session): void => {
    const lifetimeMs = options.sessionCookie === 'persistent' ? expiresAt - options.clock() : undefined;
    const text = sealReference(seal, reference);
    reply.header('set-cookie', rules.setSession(text, lifetimeMs && Math.ceil(lifetimeMs / 1000)));
  };

  return {
    open: async (request, reply, finished) => {
      const { login, replaces } = finished;
      const record = createRecord(finished);
      const brought = await read(request);
      const { reference = createReference(record.createdAt) } = finished;
      const labels = labelling.create(login, record.createdAt, request.headers['user-agent']);
      const { provider, clientId } = login;
      const session = await records.insert(reference, record, { provider, clientId, ...labels });
      options.observe?.({ kind: 'session_opened' });
      await requireStillSignedIn(dependencies, { session, elapsedMs: reply.elapsedTime }, login);
      await endEarlierSessions([replaces, brought?.id], end);
      setCookie(reply, session);
      remember(request, Promise.resolve(session));
      return session;
    },
    join: async (reply, reference) => {
      const session = await records.read(reference);
      if (session !== undefined) setCookie(reply, session);
      return session;
    },
    current: async (request, { slide = true } = {}) => {
      const session = await read(request);
      if (session === undefined || !slide || !isUseToBeWritten(options, session)) return session;
      return remember(request, extend(request, session));
    },
    broughtCookie: (request) => readSessionCookies(request, rules).length > 0,
    close: async (request, reply, reason) => {
      const session = await read(request);
      if (session !== undefined) await end(session.id, reason);
      remember(request, Promise.resolve(undefined));
      if (readSessionCookies(request, rules).length > 0) reply.header('set-cookie', rules.clearSession());
      return session;
    },
  };
};
