import { errors } from 'jose';
import { Problem } from '../problems.ts';
import { cleanText, parseObject } from './json-object.ts';
import type { ProviderAnswer } from './provider-http.ts';

/** The provider answered a request of ours with an error; `error` is its OAuth code where it gave one. */
export class EndpointRefusal extends Error {
  override readonly name = 'EndpointRefusal';
  readonly status: number;
  readonly error: string | undefined;
  readonly retryAfter: number;

  constructor(endpoint: string, { status, header }: ProviderAnswer, error?: string) {
    super(`the ${endpoint} answered ${status}${error === undefined ? '' : ` ${error}`}`);
    this.status = status;
    this.error = error;
    const seconds = Number(header('retry-after'));
    this.retryAfter = Number.isSafeInteger(seconds) && seconds > 0 ? Math.min(seconds, 3600) : 5;
  }
}

/** An OAuth error code that is safe to log, or `undefined`. @see RFC 6749 section 5.2 */
const parseErrorCode = (value: unknown): string | undefined =>
  typeof value === 'string' && /^[A-Za-z0-9_.:-]{1,64}$/.test(value) ? value : undefined;

/** Two errors that providers say in a header alone. @see RFC 6749 section 5.2; RFC 9449 section 9 */
export const readChallenge = (answer: ProviderAnswer): string | undefined =>
  /\berror="?(invalid_client|use_dpop_nonce)\b/.exec(answer.header('www-authenticate') ?? '')?.[1];

/** The OAuth error code of an answer, if it has one. */
export const readErrorCode = (answer: ProviderAnswer): string | undefined =>
  parseErrorCode(parseObject(answer.text)?.error) ?? readChallenge(answer);

/** The refusal that an answer of an endpoint stands for. */
export const readRefusal = (endpoint: string, answer: ProviderAnswer): EndpointRefusal =>
  new EndpointRefusal(endpoint, answer, readErrorCode(answer));

/** Whether a status says that the provider is down or busy rather than that it refuses. */
export const isTrouble = ({ status }: Pick<ProviderAnswer, 'status'>): boolean =>
  status >= 500 || status === 429 || status === 408;

/** The first error of a chain of causes that is of this kind; libraries wrap what they did not make. */
const findCause = <Kind extends Error>(
  error: unknown,
  isKind: (cause: Error) => cause is Kind,
): Kind | undefined => {
  for (let cause: unknown = error; cause instanceof Error; cause = cause.cause) {
    if (isKind(cause)) return cause;
  }
  return undefined;
};

/** The refusal of an endpoint that an error comes from. */
export const findRefusal = (error: unknown): EndpointRefusal | undefined =>
  findCause(error, (cause) => cause instanceof EndpointRefusal);

/** The problem that an error comes from. */
export const findProblem = (error: unknown): Problem | undefined =>
  findCause(error, (cause) => cause instanceof Problem);

const isRefusal = (status: number): boolean => status >= 400 && status < 500 && !isTrouble({ status });

const verdicts = new Set([
  'invalid_grant',
  'invalid_scope',
  'unsupported_grant_type',
  'invalid_request',
  'access_denied',
]);

/**
 * Whether the provider says that a grant is over: an OAuth error with a 4xx. What says that the client is unknown, the
 * server busy, or comes from a proxy in between says nothing about the grant.
 *
 * @see RFC 6749 section 5.2
 */
export const endsGrant = ({ status, error = '' }: EndpointRefusal): boolean =>
  isRefusal(status) && verdicts.has(error);

/** Errors that mean trouble at the provider, or an unknown client, and so nothing about a target. */
const notOfTarget = new Set(['invalid_client', 'server_error', 'temporarily_unavailable', 'slow_down']);

/** Whether the provider issues no token for what was asked. @see RFC 8707 section 2; RFC 8693 section 2.2.2 */
export const refusesTarget = ({ status, error }: EndpointRefusal): boolean =>
  isRefusal(status) && error !== undefined && !notOfTarget.has(error);

/** The problem that an error of the provider or of a library stands for. */
export const providerProblem = (error: unknown): Problem => {
  const problem = findProblem(error);
  if (problem !== undefined) return problem;
  const refusal = findRefusal(error);
  if (refusal !== undefined) return refusalProblem(refusal);
  // jose and openid-client name the check, and no value.
  const refused = findCause(error, (cause) => cause instanceof errors.JOSEError);
  const reason = refused === undefined ? '' : `: ${refused.message}`;
  return new Problem('provider_invalid_response', `the provider gave an unacceptable answer${reason}`, {
    cause: error,
  });
};

const ofClient = new Set(['invalid_client', 'unauthorized_client']);

const refusalProblem = (refusal: EndpointRefusal): Problem => {
  const { error, retryAfter } = refusal;
  if (error === 'temporarily_unavailable' || (error === undefined && isTrouble(refusal))) {
    return new Problem('provider_unavailable', refusal.message, { cause: refusal, retryAfter });
  }
  const remedy =
    error !== undefined && ofClient.has(error)
      ? ': look at OIDC_CLIENT_ID, OIDC_CLIENT_SECRET and OIDC_CLIENT_AUTH'
      : '';
  return new Problem('provider_error', `${refusal.message}${remedy}`, { cause: refusal, retryAfter });
};

const needsUser = new Set([
  'login_required',
  'interaction_required',
  'consent_required',
  'account_selection_required',
]);

/** The problem for an error of the authorization response. @see OpenID Connect Core section 3.1.2.6 */
export const authorizationProblem = (error: string, description: string | null): Problem => {
  const code = parseErrorCode(error) ?? 'an unreadable error';
  const detail = description === null || description === '' ? '' : ` (${cleanText(description)})`;
  const message = `the authorization endpoint answered ${code}${detail}`;
  if (error === 'access_denied' || error === 'unmet_authentication_requirements')
    return new Problem('access_denied', message);
  if (needsUser.has(error)) return new Problem('login_required', message);
  if (error === 'temporarily_unavailable')
    return new Problem('provider_unavailable', message, { retryAfter: 5 });
  return new Problem('provider_error', `${message}: look at OIDC_CLIENT_ID and OIDC_SCOPE`);
};

/** The problem, with 5 s as `retryAfter` where it has none. */
export const asRetryable = (problem: Problem): Problem =>
  problem.retryAfter === undefined
    ? new Problem(problem.code, problem.message, { cause: problem.cause, retryAfter: 5 })
    : problem;
