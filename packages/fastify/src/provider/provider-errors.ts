import { Problem } from '../problems.ts';
import type { ProviderAnswer } from './provider-http.ts';

/** The provider answered a request of ours with an error; `error` is its OAuth code where it gave one. */
export class EndpointRefusal extends Error {
  override readonly name = 'EndpointRefusal';
  readonly status: number;
  readonly error: string | undefined;
  readonly retryAfter: number;

  constructor(
    endpoint: string,
    response: Pick<ProviderAnswer, 'status' | 'header'>,
    error: string | undefined,
  ) {
    super(`the ${endpoint} answered ${response.status}${error === undefined ? '' : ` ${error}`}`);
    this.status = response.status;
    this.error = error;
    const seconds = Number(response.header('retry-after'));
    this.retryAfter = Number.isSafeInteger(seconds) && seconds > 0 ? Math.min(seconds, 3600) : 5;
  }
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** A plain JSON object, or `undefined` for anything else. */
export const parseObject = (text: string): Record<string, unknown> | undefined => {
  try {
    const value: unknown = JSON.parse(text);
    return isObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
};

/** An OAuth error code that is safe to log, or `undefined`. @see RFC 6749 section 5.2 */
export const parseErrorCode = (value: unknown): string | undefined =>
  typeof value === 'string' && /^[A-Za-z0-9_.:-]{1,64}$/.test(value) ? value : undefined;

/** Whether a status says that the provider is down or busy rather than that it refuses. */
export const isTrouble = ({ status }: Pick<ProviderAnswer, 'status'>): boolean =>
  status >= 500 || status === 429 || status === 408;

/** The problem that an error of the provider or of a library stands for. */
export const providerProblem = (error: unknown): Problem => {
  for (let cause: unknown = error; cause instanceof Error; cause = cause.cause) {
    if (cause instanceof Problem) return cause;
    if (cause instanceof EndpointRefusal) return refusalProblem(cause);
  }
  return new Problem('provider_invalid_response', 'the provider gave an unacceptable answer', {
    cause: error,
  });
};

const refusalProblem = (refusal: EndpointRefusal): Problem => {
  const { error, retryAfter } = refusal;
  if (error === 'temporarily_unavailable' || (error === undefined && isTrouble(refusal))) {
    return new Problem('provider_unavailable', refusal.message, { cause: refusal, retryAfter });
  }
  const message = `${refusal.message}: look at OIDC_CLIENT_ID, OIDC_CLIENT_SECRET and OIDC_CLIENT_AUTH`;
  return new Problem('provider_error', message, { cause: refusal, retryAfter });
};

const needsUser = new Set([
  'login_required',
  'interaction_required',
  'consent_required',
  'account_selection_required',
]);

/** The problem for an error of the authorization response. @see OpenID Connect Core section 3.1.2.6 */
export const authorizationProblem = (error: string): Problem => {
  const told = parseErrorCode(error) ?? 'an unreadable error';
  const message = `the authorization endpoint answered ${told}`;
  if (error === 'access_denied') return new Problem('access_denied', message);
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
