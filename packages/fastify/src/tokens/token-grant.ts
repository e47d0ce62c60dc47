import { logEvent } from '../events.ts';
import { Problem } from '../problems.ts';
import { RefreshRefused, TargetRefused } from '../provider/provider.ts';
import { isUserinfoDue, renewUserinfo } from './fresh-claims.ts';
import {
  keepRecord,
  RefreshSuperseded,
  rereadSession,
  storedToken,
  withRefreshedTokens,
  withTargetToken,
} from './kept-record.ts';
import type { RefreshFailure } from './refresh-backoff.ts';
import { sessionToken } from './requested-token.ts';
import {
  createRenewal,
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
const wasRotated = async (context: TokenContext, renewal: SessionRenewal): Promise<boolean> => {
  const { refreshToken } = renewal.session.record.tokens;
  await rereadSession(context, renewal);
  return renewal.session.record.tokens.refreshToken !== refreshToken;
};

/** The provider ended the grant: the session ends. */
const settleRefused = async (
  { observe, log, sessions }: TokenContext,
  { session: { id } }: SessionRenewal,
  error: RefreshRefused,
): Promise<never> => {
  observe?.({ kind: 'refresh', outcome: 'refused' });
  logEvent(log, 'refresh_failed', { session: id, err: error });
  await sessions.end(id, 'refresh_failed');
  throw new Problem('session_expired', 'The provider refused the refresh', { cause: error });
};

/**
 * What a grant that failed leaves. A refusal says nothing where another process has rotated the refresh token meanwhile.
 * Providers answer `invalid_grant` to targets too: the session ends only when its own token is refused as well.
 */
const settle = async (context: TokenContext, renewal: SessionRenewal, error: unknown): Promise<HeldToken> => {
  const isOfTarget =
    error instanceof TargetRefused &&
    renewal.requested.source === 'refresh' &&
    error.error === 'invalid_grant';
  const isRefusal = isOfTarget || error instanceof RefreshRefused;
  if (error instanceof RefreshSuperseded || (isRefusal && (await wasRotated(context, renewal))))
    return validOrThrow(context, renewal, unavailable(1000));
  if (error instanceof RefreshRefused) return settleRefused(context, renewal, error);
  if (isOfTarget) await grantToken(context, createRenewal(renewal.session, sessionToken));
  return settleTrouble(context, renewal, error);
};

/** Refreshes with the session's refresh token; the new one is stored before the rest of the answer is judged. */
const refresh = async (
  context: TokenContext,
  renewal: SessionRenewal,
  refreshToken: string,
): Promise<void> => {
  const { options, provider, unsaved } = context;
  const { session, requested } = renewal;
  const { issuer, user, tokens } = session.record;
  const newest = unsaved.get(storedToken(session)) ?? refreshToken;
  const answer = await provider.refresh(newest, {
    issuer,
    sub: user.sub,
    nonce: tokens.nonce,
    dpopKey: tokens.dpopKey,
    target: requested.source === 'session' ? undefined : requested.target,
    keepSuccessor: async (successor) => {
      const { record } = renewal.session;
      await keepRecord(context, renewal, {
        ...record,
        tokens: { ...record.tokens, refreshToken: successor },
      });
    },
  });
  const now = options.clock();
  const refreshed = { ...answer, refreshToken: answer.refreshToken ?? newest, issuedAt: now };
  const { record } = renewal.session;
  const isDue = requested.source === 'session' && isUserinfoDue(record, refreshed, now);
  const renewed = withRefreshedTokens(record, requested, refreshed);
  await keepRecord(context, renewal, isDue ? { ...renewed, userinfoReadAt: now } : renewed);
  unsaved.delete(storedToken(session));
  if (isDue) void renewUserinfo(context, renewal.session);
};

/** Exchanges the session's access token. @see RFC 8693 */
const exchange = async (context: TokenContext, renewal: SessionRenewal): Promise<void> => {
  const { options, provider } = context;
  const { record } = renewal.session;
  const token = await provider.exchange(record.tokens, renewal.requested.target);
  const issued = { ...token, issuedAt: options.clock() };
  await keepRecord(context, renewal, withTargetToken(record, renewal.requested, issued));
};

/** There is no refresh token: a session that stayed without an access token would send the user round in circles. */
const settleUnrefreshable = async (
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

/** The token has been stored. */
export const settleSucceeded = ({ observe, backoff }: TokenContext, renewal: Renewal): HeldToken => {
  backoff.succeeded(renewal.id);
  observe?.({ kind: 'refresh', outcome: 'succeeded' });
  const held = renewal.held();
  if (held === undefined) throw new Error('The token that was stored is not there');
  return held;
};

/**
 * Asks for a new access token of a session, and stores it.
 *
 * @throws Problem `session_expired` when the grant is over, or one whose code begins with `provider_`.
 */
export const grantToken = async (context: TokenContext, renewal: SessionRenewal): Promise<HeldToken> => {
  const { refreshToken } = renewal.session.record.tokens;
  const isExchange = renewal.requested.source === 'exchange';
  if (!isExchange && refreshToken === undefined) return settleUnrefreshable(context, renewal);
  try {
    if (isExchange || refreshToken === undefined) await exchange(context, renewal);
    else await refresh(context, renewal, refreshToken);
    return settleSucceeded(context, renewal);
  } catch (error) {
    return settle(context, renewal, error);
  }
};
