import { logEvent } from '../events.ts';
import { Problem } from '../problems.ts';
import { type RefreshRefused, TargetRefused } from '../provider/provider.ts';
import type { Session } from '../session/live-session.ts';
import type { FailureScope } from './refresh-backoff.ts';
import type { PersonToken } from './requested-token.ts';
import type { TokenContext } from './token-context.ts';
import { findToken, type HeldToken, isValid } from './token-life.ts';

/** A session, and which of its access tokens is to be renewed. */
export interface TokenRenewal {
  readonly session: Session;
  readonly requested: PersonToken;
}

/** Names one token of one session in this process. */
export const renewalId = ({ session, requested }: TokenRenewal): string => session.id + requested.key;

/** A session that can bring no access token any more. */
export const sessionExpired = (message: string, cause?: unknown): Problem =>
  new Problem('session_expired', message, { cause });

/** The session as the store has it now. @throws Problem `session_expired` when it is over. */
export const rereadSession = async ({ records }: TokenContext, session: Session): Promise<Session> => {
  const now = await records.reread(session);
  if (now === undefined) throw sessionExpired('The session ended before its access token was refreshed');
  return now;
};

/** Whether another process has rotated the refresh token since the session was read. */
export const isRotated = (now: Session, before: Session): boolean =>
  now.record.tokens.refreshToken !== before.record.tokens.refreshToken;

/** What a problem says where the provider asked for no time of its own. */
const unaskedRetryAfterSeconds = 5;

/** A target that the provider refuses is the same problem as long as it is not asked again. */
const createUnavailable = (retryAfter: number, cause: Problem | undefined): Problem =>
  cause?.cause instanceof TargetRefused
    ? new Problem(cause.code, cause.message, { cause })
    : new Problem('provider_unavailable', 'The access token could not be refreshed', { cause, retryAfter });

/** The access token of the session while it is valid. @throws Problem `provider_unavailable` from then on. */
const validOrUnavailable = (
  { options }: TokenContext,
  { session, requested }: TokenRenewal,
  { retryAfter, cause }: { readonly retryAfter: number; readonly cause?: Problem | undefined },
): HeldToken => {
  const held = findToken(session.record, requested);
  if (isValid(held, options.clock())) return held;
  throw createUnavailable(retryAfter, cause);
};

/** Another process has refreshed the session. */
export const settleSuperseded = (context: TokenContext, renewal: TokenRenewal): HeldToken =>
  validOrUnavailable(context, renewal, { retryAfter: 1 });

/** A refresh has failed a short time ago. */
export const settlePostponed = (
  context: TokenContext,
  renewal: TokenRenewal,
  remainingMs: number,
): HeldToken =>
  validOrUnavailable(context, renewal, {
    retryAfter: Math.ceil(remainingMs / 1000),
    cause: context.backoff.lastProblem(renewalId(renewal)),
  });

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
  return validOrUnavailable(context, renewal, { retryAfter: Math.ceil(waitMs / 1000), cause: problem });
};

/** The provider ended the grant: the session ends, unless another process has rotated its refresh token meanwhile. */
export const settleRefused = async (
  context: TokenContext,
  { session, requested }: TokenRenewal,
  error: RefreshRefused,
): Promise<HeldToken> => {
  const { options, log, end } = context;
  const now = await rereadSession(context, session);
  if (isRotated(now, session)) return settleSuperseded(context, { session: now, requested });
  options.observe?.({ kind: 'refresh', outcome: 'refused' });
  logEvent(log, 'refresh_failed', { session: session.id, err: error });
  await end(session.id, 'refresh_failed');
  throw sessionExpired('The provider refused the refresh', error);
};

/** There is no refresh token: a session that stayed without an access token would send the user round in circles. */
export const settleUnrefreshable = async (
  { options, end }: TokenContext,
  { session, requested }: TokenRenewal,
): Promise<HeldToken> => {
  const held = findToken(session.record, requested);
  if (isValid(held, options.clock())) return held;
  if (requested.source !== 'session')
    throw new Problem('provider_error', 'The session has no refresh token to ask with: look at OIDC_SCOPE');
  await end(session.id, 'expired');
  throw sessionExpired('The access token has expired and there is no refresh token');
};
