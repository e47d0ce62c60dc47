import { isObject, isTime } from './json.ts';

/**
 * The signed-in person's claims in wire spelling, without protocol claims and never with a token.
 *
 * @see OpenID Connect Core section 5.1
 */
export interface User {
  readonly sub: string;
  readonly [claim: string]: unknown;
}

/**
 * What the browser may know of its session. Times are ISO 8601 in UTC, by the server's clock.
 *
 * @see RFC 10017 section 6.1.2.1
 */
export interface MeSession {
  /** A public handle of the session, useless as a credential. */
  readonly id: string;
  /** The server's time when it answered: subtract it from the others to be free of the browser's clock. */
  readonly now: string;
  /** When the session ends unless it is used before. */
  readonly idleExpiresAt: string;
  /** When the session ends, used or not. */
  readonly expiresAt: string;
}

/** `GET /api/me` while somebody is signed in. @see RFC 10017 section 6.1.2.1 */
export interface SignedInMe {
  readonly authenticated: true;
  readonly user: User;
  /** What to call this person; never blank. */
  readonly displayName: string;
  readonly session: MeSession;
  /** Where to `POST` to sign out. */
  readonly logoutUrl: string;
}

/** `GET /api/me` while nobody is signed in. @see RFC 10017 section 6.1.2.1 */
export interface AnonymousMe {
  readonly authenticated: false;
  /** Where the browser goes to sign in; takes `?returnTo=`. */
  readonly loginUrl: string;
}

/** The answer of `GET /api/me`. @see RFC 10017 section 6.1.2.1 */
export type Me = SignedInMe | AnonymousMe;

const isUser = (value: unknown): value is User => isObject(value) && typeof value.sub === 'string';

const isSession = (value: unknown): value is Record<keyof MeSession, string> =>
  isObject(value) &&
  typeof value.id === 'string' &&
  isTime(value.now) &&
  isTime(value.idleExpiresAt) &&
  isTime(value.expiresAt);

/**
 * Checks that `value` is an answer of `GET /api/me`.
 *
 * @throws TypeError when it is not, naming the member that is wrong.
 * @see RFC 10017 section 6.1.2.1
 */
export const parseMe = (value: unknown): Me => {
  if (!isObject(value)) throw new TypeError('Not an answer of /api/me: not a JSON object');
  if (value.authenticated === false) {
    if (typeof value.loginUrl !== 'string')
      throw new TypeError('Not an answer of /api/me: loginUrl is missing');
    return { authenticated: false, loginUrl: value.loginUrl };
  }
  if (value.authenticated !== true) throw new TypeError('Not an answer of /api/me: authenticated is missing');
  const { user, displayName, session, logoutUrl } = value;
  if (!isUser(user)) throw new TypeError('Not an answer of /api/me: user is malformed');
  if (typeof displayName !== 'string')
    throw new TypeError('Not an answer of /api/me: displayName is missing');
  if (!isSession(session)) throw new TypeError('Not an answer of /api/me: session is malformed');
  if (typeof logoutUrl !== 'string') throw new TypeError('Not an answer of /api/me: logoutUrl is missing');
  return { authenticated: true, user, displayName, session, logoutUrl };
};
