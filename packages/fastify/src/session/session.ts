import type { SignedOutReason } from '@foyer/contract';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { logEvent } from '../events.ts';
import { Problem } from '../problems.ts';
import { noteSubject } from './log-subject.ts';
import { isUseToBeWritten } from './session-limits.ts';
import {
  createSessionOpening,
  type SessionOpening,
  type SessionOpeningDependencies,
} from './session-opening.ts';
import type { Session } from './session-record.ts';
import type { SessionRecords } from './session-records.ts';
import { isAnonymous, readSessionCookies, type SessionReferences } from './session-reference.ts';

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

/** How a request looks at its session. */
interface CurrentOptions {
  /** Whether it extends the idle time. Default true. */
  readonly slide?: boolean;
}

/** The session of a request: its cookie, and the record behind it. */
export interface RequestSession extends SessionOpening {
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
}

/** What the session of a request is made of. */
export interface RequestSessionDependencies extends SessionOpeningDependencies {
  readonly references: SessionReferences;
}

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
    if (isAnonymous(request)) return Promise.resolve(undefined);
    const known = request[sessionOfRequest];
    return known?.by === records ? known.session : remember(request, readNew(request));
  };
  return { read, remember };
};

/** Opens, reads and closes the sessions of requests. */
export const createRequestSession = (dependencies: RequestSessionDependencies): RequestSession => {
  const { options, rules, records, end } = dependencies;
  const reader = createReader(dependencies);
  const { read, remember } = reader;

  /** A session whose use cannot be written now is alive all the same: it is not extended, and no reason to refuse. */
  const extend = async (request: FastifyRequest, session: Session): Promise<Session | undefined> => {
    try {
      return await records.extend(session);
    } catch (error) {
      logEvent(request.log, 'idle_not_extended', { err: error });
      return session;
    }
  };
  const broughtCookie = (request: FastifyRequest): boolean => readSessionCookies(request, rules).length > 0;
  const current: RequestSession['current'] = async (request, { slide = true } = {}) => {
    const session = await read(request);
    if (session === undefined || !slide || !isUseToBeWritten(options, session)) return session;
    return remember(request, extend(request, session));
  };

  return {
    ...createSessionOpening(dependencies, reader),
    current,
    require: async (request, given) => {
      const session = await current(request, given);
      if (session !== undefined) return session;
      const code = broughtCookie(request) ? 'session_expired' : 'unauthenticated';
      throw new Problem(code, 'The request has no live session');
    },
    close: async (request, reply, reason) => {
      const session = await read(request);
      if (session !== undefined) await end(session.id, reason);
      remember(request, Promise.resolve(undefined));
      if (broughtCookie(request)) reply.header('set-cookie', rules.clear(rules.sessionName));
      return session;
    },
  };
};
