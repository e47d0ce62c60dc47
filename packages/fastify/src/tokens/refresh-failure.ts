import { logEvent } from '../events.ts';
import { Problem } from '../problems.ts';
import { type RefreshRefused, TargetRefused } from '../provider/provider.ts';
import { rereadSession } from './kept-record.ts';
import type { RefreshFailure } from './refresh-backoff.ts';
import {
  type HeldToken,
  isValid,
  type Renewal,
  type SessionRenewal,
  type TokenContext,
} from './token-renewal.ts';

/** The token while it is valid. @throws the problem from then on. */
const validOrThrow = ({ options }: TokenContext, renewal: Renewal, problem: Problem): HeldToken => {
  const held = renewal.held();
  if (isValid(held, options.clock())) return held;
  throw problem;
};

/** A target that the provider refuses is the same problem as long as it is not asked again. */
const unavailable = (waitMs: number, cause?: Problem): Problem =>
  cause?.cause instanceof TargetRefused
    ? new Problem(cause.code, cause.message, { cause })
    : new Problem('provider_unavailable', 'The access token could not be refreshed', {
        cause,
        retryAfter: Math.ceil(waitMs / 1000),
      });

/** The token was asked for a short time ago, and the request failed. */
export const settlePostponed = (context: TokenContext, renewal: Renewal, remainingMs: number): HeldToken =>
  validOrThrow(context, renewal, unavailable(remainingMs, context.backoff.lastProblem(renewal.id)));

/** Another process has asked meanwhile, with a newer refresh token. */
export const settleSuperseded = (context: TokenContext, renewal: Renewal): HeldToken =>
  validOrThrow(context, renewal, unavailable(1000));

/** `Retry-After` of a problem where the provider named no time. */
const unaskedRetryAfterSeconds = 5;

/** The session stays; its access token is used while it is valid. */
export const settleFailed = (context: TokenContext, renewal: Renewal, failure: RefreshFailure): HeldToken => {
  const { observe, log, backoff } = context;
  const { problem } = failure;
  const { retryAfter = 0 } = problem;
  observe?.({ kind: 'refresh', outcome: 'failed' });
  logEvent(log, 'refresh_trouble', { err: problem });
  const atLeastMs = retryAfter > unaskedRetryAfterSeconds ? retryAfter * 1000 : 0;
  const waitMs = backoff.failed(renewal.id, { ...failure, atLeastMs });
  return validOrThrow(context, renewal, unavailable(waitMs, problem));
};

/** The problem of a target that the provider refuses. */
const targetProblem = (refused: TargetRefused): Problem => {
  const remedy = 'look at `token` of the API route, and at what the provider lets this client ask for';
  return new Problem('provider_error', `${refused.message}: ${remedy}`, { cause: refused });
};

/** What a failed request leaves that is no verdict: a token that is still valid, or the problem that is thrown. */
export const settleTrouble = (context: TokenContext, renewal: Renewal, error: unknown): HeldToken => {
  const problem = error instanceof TargetRefused ? targetProblem(error) : error;
  if (!(problem instanceof Problem) || !problem.code.startsWith('provider_')) throw error;
  // A refused target and an unacceptable answer concern one session; every other failure concerns the provider.
  const isOfSession = error instanceof TargetRefused || problem.code === 'provider_invalid_response';
  return settleFailed(context, renewal, { problem, scope: isOfSession ? 'session' : 'provider' });
};

/** Whether another process has rotated the refresh token since the session was read. */
export const wasRotated = async (context: TokenContext, renewal: SessionRenewal): Promise<boolean> => {
  const { refreshToken } = renewal.session.record.tokens;
  await rereadSession(context, renewal);
  return renewal.session.record.tokens.refreshToken !== refreshToken;
};

/** The provider ended the grant: the session ends. */
export const settleRefused = async (
  { observe, log, sessions }: TokenContext,
  { session: { id } }: SessionRenewal,
  error: RefreshRefused,
): Promise<never> => {
  observe?.({ kind: 'refresh', outcome: 'refused' });
  logEvent(log, 'refresh_failed', { session: id, err: error });
  await sessions.end(id, 'refresh_failed');
  throw new Problem('session_expired', 'The provider refused the refresh', { cause: error });
};

/** There is no refresh token: a session that stayed without an access token would send the user round in circles. */
export const settleUnrefreshable = async (
  { options, sessions }: TokenContext,
  renewal: SessionRenewal,
): Promise<HeldToken> => {
  const held = renewal.held();
  if (isValid(held, options.clock())) return held;
  if (renewal.requested.source !== 'session')
    throw new Problem('provider_error', 'The session has no refresh token to ask with: look at OIDC_SCOPE');
  await sessions.end(renewal.session.id, 'expired');
  throw new Problem('session_expired', 'The access token has expired and there is no refresh token');
};
