import { isObject, isTime } from './json.ts';

/**
 * The session cookie of a request, without anything of its value: no script can read the cookie itself.
 *
 * @see RFC 6265bis section 4.1.2.6
 */
export interface SessionCookie {
  readonly name: string;
  /** Name and value together, as browsers count them. */
  readonly bytes: number;
}

/**
 * One of the user's sessions in the answer of `GET /api/me/sessions`. Times are ISO 8601 in UTC.
 *
 * @see OWASP ASVS 5.0 V7.5
 */
export interface SessionSummary {
  /** The public handle of the session: the `{id}` of `DELETE /api/me/sessions/{id}`. */
  readonly id: string;
  readonly createdAt: string;
  readonly lastSeenAt: string;
  /** The browser's name for display: `Firefox`, `Safari`, `an unknown browser`. */
  readonly browser: string;
  /** The operating system's name for display: `Windows`, `iPhone`, `an unknown system`. */
  readonly system: string;
  /** Whether the request was made with this session. */
  readonly current: boolean;
  /** The cookie that the request brought. Present on the current session alone. */
  readonly cookie?: SessionCookie;
}

/** The answer of `GET /api/me/sessions`, newest session first. @see OWASP ASVS 5.0 V7.5 */
export interface SessionList {
  readonly sessions: readonly SessionSummary[];
}

/** The answer of `DELETE /api/me/sessions` and `DELETE /api/me/sessions/{id}`. @see OWASP ASVS 5.0 V7.5 */
export interface EndedSessions {
  readonly ended: number;
}

/**
 * The answer of `POST /logout` to a request that accepts JSON: the URL that the browser has to open next.
 *
 * @see OpenID Connect RP-Initiated Logout section 2
 */
export interface LogoutAnswer {
  readonly redirectTo: string;
}

const isCookie = (value: unknown): value is SessionCookie =>
  isObject(value) && typeof value.name === 'string' && typeof value.bytes === 'number';

const isSummary = (value: unknown): value is SessionSummary =>
  isObject(value) &&
  [value.id, value.browser, value.system].every((text) => typeof text === 'string') &&
  isTime(value.createdAt) &&
  isTime(value.lastSeenAt) &&
  typeof value.current === 'boolean' &&
  (value.cookie === undefined || isCookie(value.cookie));

/**
 * Checks that `value` is an answer of `GET /api/me/sessions`.
 *
 * @throws TypeError when it is not.
 * @see OWASP ASVS 5.0 V7.5
 */
export const parseSessionList = (value: unknown): SessionList => {
  if (!isObject(value) || !Array.isArray(value.sessions) || !value.sessions.every(isSummary))
    throw new TypeError('Not an answer of /api/me/sessions: sessions is malformed');
  return { sessions: value.sessions };
};

/**
 * Checks that `value` is the JSON answer of `POST /logout`.
 *
 * @throws TypeError when it is not.
 * @see OpenID Connect RP-Initiated Logout section 2
 */
export const parseLogoutAnswer = (value: unknown): LogoutAnswer => {
  if (!isObject(value) || typeof value.redirectTo !== 'string')
    throw new TypeError('Not an answer of /logout: redirectTo is missing');
  return { redirectTo: value.redirectTo };
};
