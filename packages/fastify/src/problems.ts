import { type ProblemCode, problems } from '@foyer/contract';

/** Whether a value is the code of a problem. */
export const isProblemCode = (value: unknown): value is ProblemCode =>
  typeof value === 'string' && Object.hasOwn(problems, value);

/** What a problem may carry beside its code. */
export interface ProblemOptions {
  /** What happened, for people. Default: the code's own title. */
  readonly title?: string;
  /** One sentence for the person or program that asked: what to do. Default: the code's own advice. */
  readonly detail?: string;
  /** What really happened: for the log, never for the answer. */
  readonly cause?: unknown;
  /** Seconds, sent as `Retry-After`. */
  readonly retryAfter?: number;
  /** Methods for the `Allow` header of a 405. */
  readonly allow?: readonly string[];
  /** A status that is more exact than the code's own. */
  readonly status?: number;
  /** Where "Try again" of the page leads: an address of ours. Default: by the code. */
  readonly tryAgainAt?: string;
  /** Likely causes, that the page lists. */
  readonly causes?: readonly string[];
  /** An address of ours that the page goes to at once, to look whether the problem is one. */
  readonly continueAt?: string;
  /** Where a login starts that would help, for a 401: a path below the base path. Default: `/login`. */
  readonly loginUrl?: string;
  /** How long the file is of which a range was asked, as `Content-Range` of a 416. */
  readonly contentRange?: string;
}

const advice: Record<ProblemCode, string> = {
  bad_request: 'Check the address and the parameters of the request.',
  invalid_authorization_response: 'Start the sign-in again.',
  login_not_started: 'Start the sign-in again from this browser.',
  login_unfinished: 'Look at the likely causes, then start the sign-in again.',
  login_expired: 'Start the sign-in again, and finish it without a long pause.',
  unauthenticated: 'Sign in, then ask again.',
  session_expired: 'Sign in again.',
  login_required: 'Sign in at the provider.',
  step_up_required: 'Sign in again as the login address asks.',
  access_denied: 'Ask for access, or sign in with another account.',
  forbidden: 'Ask for the permission, or sign in with another account.',
  cross_site_request: 'Send the request from the application’s own pages.',
  not_found: 'Check the address.',
  method_not_allowed: 'Use one of the methods of the Allow header.',
  payload_too_large: 'Send less.',
  rate_limited: 'Wait, then try again; Retry-After says how many seconds.',
  internal_error: 'Try again; if it happens again, report the request id to the operator.',
  provider_error: 'Try again later; the operator finds the reason in the log under the request id.',
  provider_invalid_response:
    'Try again later; the operator finds the reason in the log under the request id.',
  upstream_unavailable: 'Try again later.',
  provider_unavailable: 'Try again in a few seconds.',
  store_unavailable: 'Try again in a few seconds; no one has been signed out.',
  provider_timeout: 'Try again in a few seconds.',
  upstream_timeout: 'Try again later.',
};

/**
 * An error with a code of the contract. Thrown anywhere, answered in one place (`problem-reply.ts`).
 * Its message is for the log; the browser sees only code, title and detail.
 *
 * @see RFC 9457 section 3
 */
export class Problem extends Error {
  override readonly name = 'Problem';
  readonly code: ProblemCode;
  readonly status: number;
  readonly title: string;
  readonly detail: string;
  readonly retryAfter: number | undefined;
  /** What it carries beside its code. */
  readonly options: ProblemOptions;

  constructor(code: ProblemCode, message: string, options: ProblemOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.status = options.status ?? problems[code].status;
    this.title = options.title ?? problems[code].title;
    this.detail = options.detail ?? advice[code];
    this.retryAfter = options.retryAfter;
    this.options = options;
  }

  /** The same problem with other options. */
  with(options: ProblemOptions): Problem {
    return new Problem(this.code, this.message, { ...this.options, ...options });
  }
}
