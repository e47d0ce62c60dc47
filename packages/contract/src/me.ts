import { isObject, isTime } from './json.ts';

/**
 * The claims about the signed-in user, in wire spelling. Contains no protocol claims and never a token.
 *
 * @see OpenID Connect Core section 5.1
 */
export interface User {
  readonly sub: string;
  readonly [claim: string]: unknown;
}

/**
 * What the browser may know about its session. Times are ISO 8601 in UTC, by the server's clock.
 *
 * @see RFC 10017 section 6.1.2.1
 */
export interface MeSession {
  /** A public handle of the session, useless as a credential. */
  readonly id: string;
  /** The server's time when it answered. Subtract it from the other times: the browser's clock may be wrong. */
  readonly now: string;
  /** When the session ends if no request uses it before then. */
  readonly idleExpiresAt: string;
  /** When the session ends, whether it is used or not. */
  readonly expiresAt: string;
}

/** The answer of `GET /api/me` while a user is signed in. @see RFC 10017 section 6.1.2.1 */
export interface SignedInMe {
  readonly authenticated: true;
  readonly user: User;
  /** The user's name to display; never blank. */
  readonly displayName: string;
  readonly session: MeSession;
  /** The path to `POST` to in order to sign out. */
  readonly logoutUrl: string;
}

/** The answer of `GET /api/me` while no user is signed in. @see RFC 10017 section 6.1.2.1 */
export interface AnonymousMe {
  readonly authenticated: false;
  /** The path where the browser starts a login; accepts `?returnTo=`. */
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
 * @throws TypeError when it is not; the message names the invalid member.
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
