/**
 * Every problem that the BFF reports: its code, HTTP status and title. The code is the last part of the problem's `type`,
 * `urn:foyer:problem:<code>`.
 *
 * @see RFC 9457 section 3.1
 */
export const problems = {
  bad_request: { status: 400, title: 'The request is malformed' },
  invalid_authorization_response: { status: 400, title: 'The sign-in answer is not valid' },
  login_not_started: { status: 400, title: 'This sign-in was not started here' },
  login_unfinished: { status: 400, title: 'The sign-in does not come to an end' },
  login_expired: { status: 400, title: 'The sign-in took too long' },
  unauthenticated: { status: 401, title: 'No one is signed in' },
  session_expired: { status: 401, title: 'The session has ended' },
  login_required: { status: 401, title: 'The provider needs the user to sign in' },
  step_up_required: { status: 401, title: 'A stronger or more recent sign-in is needed' },
  access_denied: { status: 403, title: 'Access was denied' },
  forbidden: { status: 403, title: 'The signed-in user is not allowed to do this' },
  cross_site_request: { status: 403, title: 'The request came from another site' },
  not_found: { status: 404, title: 'Not found' },
  method_not_allowed: { status: 405, title: 'The method is not allowed here' },
  payload_too_large: { status: 413, title: 'The request body is too large' },
  rate_limited: { status: 429, title: 'Too many requests' },
  internal_error: { status: 500, title: 'Something went wrong on our side' },
  provider_error: { status: 502, title: 'The sign-in provider refused the request' },
  provider_invalid_response: { status: 502, title: 'The sign-in provider gave an unacceptable answer' },
  upstream_unavailable: { status: 502, title: 'The API cannot be reached' },
  provider_unavailable: { status: 503, title: 'The sign-in provider cannot be reached' },
  store_unavailable: { status: 503, title: 'The session store cannot be reached' },
  provider_timeout: { status: 504, title: 'The sign-in provider did not answer in time' },
  upstream_timeout: { status: 504, title: 'The API did not answer in time' },
} as const satisfies Record<string, { readonly status: number; readonly title: string }>;

/** The code of a problem, stable across versions. @see RFC 9457 section 3.1.1 */
export type ProblemCode = keyof typeof problems;

/**
 * An error as JSON, `application/problem+json`.
 *
 * @see RFC 9457
 */
export interface ProblemDetails {
  readonly type: `urn:foyer:problem:${ProblemCode}`;
  readonly title: string;
  readonly status: number;
  readonly code: ProblemCode;
  /** One sentence that says what the user can do. */
  readonly detail: string;
  /** The value of the answer's `X-Request-Id` header; the server's log lines about the request have it too. */
  readonly requestId: string;
  /** On every 401: the path where the browser starts a login. */
  readonly loginUrl?: string;
}
