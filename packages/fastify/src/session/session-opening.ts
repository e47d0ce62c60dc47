import type { FastifyReply, FastifyRequest } from 'fastify';
import type { ResolvedOptions } from '../options.ts';
import { Problem } from '../problems.ts';
import type { CompletedLogin } from '../provider/provider.ts';
import type { RecentLogouts } from './recent-logouts.ts';
import type { CookieRules, CookieSeal } from './session-cookie.ts';
import type { SessionEnding } from './session-ending.ts';
import { endEarlierSessions } from './session-fixation.ts';
import { absoluteEnd, providerEnd } from './session-limits.ts';
import type { SessionSearch } from './session-list.ts';
import { parseAuthentication, type Session, type SessionRecord, type ShownClaims } from './session-record.ts';
import type { SessionRecords } from './session-records.ts';
import { createReference, type SessionReference, sealReference } from './session-reference.ts';
import { createUser } from './user.ts';

/** A login that is finished, and the session that its browser had when it began. */
interface FinishedLogin {
  readonly login: CompletedLogin;
  readonly replaces: string | undefined;
  /** What the application has decided about the claims. */
  readonly shown?: ShownClaims | undefined;
  /** What the new session is known by; a random one by default. */
  readonly reference?: SessionReference;
}

/** The ways in which a browser gets a session. */
export interface SessionOpening {
  /**
   * Opens a session for a finished login: a new id, its cookie on `reply`. Ends the one it `replaces` and the one that
   * the request brought.
   *
   * @throws Problem `login_required` when the provider or an operator has signed the person out meanwhile.
   */
  readonly open: (request: FastifyRequest, reply: FastifyReply, finished: FinishedLogin) => Promise<Session>;
  /** Sets the cookie of a session that another request has opened; `undefined` when there is none under this reference. */
  readonly join: (reply: FastifyReply, reference: SessionReference) => Promise<Session | undefined>;
}

/** What the session of a request is made of. */
export interface SessionOpeningDependencies {
  readonly options: ResolvedOptions;
  readonly seal: CookieSeal;
  readonly rules: CookieRules;
  readonly records: SessionRecords;
  readonly search: SessionSearch;
  readonly recentLogouts: RecentLogouts;
  readonly end: SessionEnding['end'];
}

const createRecord = (options: ResolvedOptions, { login, shown }: FinishedLogin): SessionRecord => {
  const { issuer, sub, claims, idTokenClaims, tokens } = login;
  const createdAt = options.clock();
  const expiresAt = Math.min(absoluteEnd(options, createdAt), providerEnd(idTokenClaims));
  const authentication = parseAuthentication(idTokenClaims);
  const user = createUser(sub, claims);
  return { issuer, user, authentication, shown, tokens, targetTokens: [], createdAt, expiresAt };
};

/** To be called after the session is stored: a sign-out that comes later finds it. */
const requireStillSignedIn = async (
  { recentLogouts, end, options }: SessionOpeningDependencies,
  { session, elapsedMs }: { readonly session: Session; readonly elapsedMs: number },
  login: CompletedLogin,
): Promise<void> => {
  let isSignedIn = false;
  try {
    isSignedIn = !(await recentLogouts.cover(login, options.clock() - elapsedMs));
  } finally {
    // Also where the store did not say: the same callback, sent again, would find the session.
    if (!isSignedIn) await end(session.id, 'backchannel');
  }
  if (isSignedIn) return;
  throw new Problem(
    'login_required',
    'The provider or an operator signed the person out while the login was finished',
  );
};

/** Makes what opens sessions; `request` is how requests have them. */
export const createSessionOpening = (
  dependencies: SessionOpeningDependencies,
  request: {
    readonly read: (request: FastifyRequest) => Promise<Session | undefined>;
    readonly remember: (request: FastifyRequest, session: Promise<Session>) => unknown;
  },
): SessionOpening => {
  const { options, seal, rules, records, search, end } = dependencies;
  const { read, remember } = request;

  const setCookie = (reply: FastifyReply, { reference, expiresAt }: Session): void => {
    const lifetimeMs = options.sessionCookie === 'persistent' ? expiresAt - options.clock() : undefined;
    const text = sealReference(seal, reference);
    reply.header(
      'set-cookie',
      rules.set(rules.sessionName, text, lifetimeMs && Math.ceil(lifetimeMs / 1000)),
    );
  };

  return {
    open: async (request, reply, finished) => {
      const { login, replaces } = finished;
      const record = createRecord(options, finished);
      const { reference = createReference(record.createdAt) } = finished;
      const brought = await read(request);
      const labels = search.label(login, record.createdAt, request.headers['user-agent']);
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
  };
};
