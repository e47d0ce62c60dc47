import { logEvent } from '../events.ts';
import { Problem } from '../problems.ts';
import { RefreshRefused, TargetRefused } from '../provider/provider.ts';
import { RefreshSuperseded, rereadSession, sessionExpired } from './kept-record.ts';
import type { FailureScope } from './refresh-backoff.ts';
import { renewalId, type TokenContext, type TokenRenewal } from './token-context.ts';
import { findToken, type HeldToken, isValid } from './token-life.ts';

/** `Retry-After` of a problem where the provider named no time. */
const unaskedRetryAfterSeconds = 5;

/** A target that the provider refuses is the same problem as long as it is not asked again. */
const unavailable = (retryAfter: number, cause?: Problem): Problem =>
  cause?.cause instanceof TargetRefused
    ? new Problem(cause.code, cause.message, { cause })
    : new Problem('provider_unavailable', 'The access token could not be refreshed', { cause, retryAfter });

/** The access token of the session while it is valid. @throws the problem from then on. */
const validOrThrow = (
  { options }: TokenContext,
  { session, requested }: TokenRenewal,
  problem: Problem,
): HeldToken => {
  const held = findToken(session.record, requested);
  if (isValid(held, options.clock())) return held;
  throw problem;
};

/** A refresh has failed a short time ago. */
export const settlePostponed = (
  context: TokenContext,
  renewal: TokenRenewal,
  remainingMs: number,
): HeldToken => {
  const last = context.backoff.lastProblem(renewalId(renewal));
  return validOrThrow(context, renewal, unavailable(Math.ceil(remainingMs / 1000), last));
};

/** The session stays; its access token is used while it is valid. */
export const settleFailed = (
  context: TokenContext,
  renewal: TokenRenewal,
  { problem, scope }: { readonly problem: Problem; readonly scope: FailureScope },
): HeldToken => {
  const { options, log, backoff } = context;
  options.observe?.({ kind: 'refresh', outcome: 'failed' });
  logEvent(log, 'refresh_trouble', { err: problem });
  const { retryAfter = 0 } = problem;
  const atLeastMs = retryAfter > unaskedRetryAfterSeconds ? retryAfter * 1000 : 0;
  const waitMs = backoff.failed(renewalId(renewal), { scope, atLeastMs, problem });
  return validOrThrow(context, renewal, unavailable(Math.ceil(waitMs / 1000), problem));
};

/** Another process has refreshed the session. */
export const settleSuperseded = (context: TokenContext, renewal: TokenRenewal): HeldToken =>
  validOrThrow(context, renewal, unavailable(1));

/** Whether another process has rotated the refresh token since the session was read. */
export const wasRotated = async (context: TokenContext, renewal: TokenRenewal): Promise<boolean> => {
  const { refreshToken } = renewal.session.record.tokens;
  await rereadSession(context, renewal);
  return renewal.session.record.tokens.refreshToken !== refreshToken;
};

/** The provider ended the grant: the session ends, unless another process has rotated its refresh token meanwhile. */
const settleRefused = async (
  context: TokenContext,
  renewal: TokenRenewal,
  error: RefreshRefused,
): Promise<HeldToken> => {
  if (await wasRotated(context, renewal)) return settleSuperseded(context, renewal);
  const { options, log, sessions } = context;
  const { id } = renewal.session;
  options.observe?.({ kind: 'refresh', outcome: 'refused' });
  logEvent(log, 'refresh_failed', { session: id, err: error });
  await sessions.end(id, 'refresh_failed');
  throw sessionExpired('The provider refused the refresh', error);
};

/** The problem of a target that the provider refuses. */
const targetProblem = (refused: TargetRefused): Problem => {
  const remedy = 'look at `token` of the API route, and at what the provider lets this client ask for';
  return new Problem('provider_error', `${refused.message}: ${remedy}`, { cause: refused });
};

/** What a refresh that failed leaves: a token that is still valid, or the problem that is thrown. */
export const settle = async (
  context: TokenContext,
  renewal: TokenRenewal,
  error: unknown,
): Promise<HeldToken> => {
  if (error instanceof RefreshSuperseded) return settleSuperseded(context, renewal);
  if (error instanceof RefreshRefused) return settleRefused(context, renewal, error);
  const problem = error instanceof TargetRefused ? targetProblem(error) : error;
  if (!(problem instanceof Problem) || !problem.code.startsWith('provider_')) throw error;
  // A refused target and an unacceptable answer concern one session; every other failure concerns the provider.
  const isOfSession = error instanceof TargetRefused || problem.code === 'provider_invalid_response';
  return settleFailed(context, renewal, { problem, scope: isOfSession ? 'session' : 'provider' });
};
