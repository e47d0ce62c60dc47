import { Problem } from '../problems.ts';
import { RefreshRefused, TargetRefused } from '../provider/provider.ts';
import type { Session } from '../session/live-session.ts';
import { isUserinfoDue, renewUserinfo } from './fresh-claims.ts';
import { keepRecord, newestRefreshToken, RefreshSuperseded } from './kept-record.ts';
import {
  isRotated,
  renewalId,
  rereadSession,
  settleFailed,
  settleRefused,
  settleSuperseded,
  settleUnrefreshable,
  type TokenRenewal,
} from './refresh-outcome.ts';
import { withRefreshedTokens, withTargetToken } from './renewed-record.ts';
import { type PersonToken, sessionToken } from './requested-token.ts';
import type { TokenContext } from './token-context.ts';
import { findToken, type HeldToken } from './token-life.ts';

/** A renewal whose session is replaced as its record is stored. */
interface RenewalUnderWay {
  session: Session;
  readonly requested: PersonToken;
}

/** Refreshes with the session's refresh token; the new one is stored before the rest of the answer is judged. */
const refresh = async (
  context: TokenContext,
  renewal: RenewalUnderWay,
  refreshToken: string,
): Promise<void> => {
  const { options, provider, unsaved } = context;
  const { session, requested } = renewal;
  const { issuer, user, tokens } = session.record;
  const newest = newestRefreshToken(context, session.id, refreshToken);
  const answer = await provider.refresh(newest, {
    issuer,
    sub: user.sub,
    nonce: tokens.nonce,
    dpopKey: tokens.dpopKey,
    target: requested.source === 'session' ? undefined : requested.target,
    keepSuccessor: async (successor) => {
      const { record } = renewal.session;
      const kept = { ...record, tokens: { ...record.tokens, refreshToken: successor } };
      renewal.session = await keepRecord(context, renewal.session, kept);
    },
  });
  const refreshed = { ...answer, refreshToken: answer.refreshToken ?? newest };
  const { record } = renewal.session;
  const now = options.clock();
  const isDue = requested.source === 'session' && isUserinfoDue(record, refreshed, now);
  const renewed = withRefreshedTokens(record, requested, { refreshed, now });
  const kept = isDue ? { ...renewed, userinfoReadAt: now } : renewed;
  renewal.session = await keepRecord(context, renewal.session, kept);
  unsaved.delete(session.id);
  if (isDue) void renewUserinfo(context, renewal.session);
};

/** Exchanges the session's access token. @see RFC 8693 */
const exchange = async (context: TokenContext, renewal: RenewalUnderWay): Promise<void> => {
  const { session, requested } = renewal;
  const token = await context.provider.exchange(session.record.tokens, requested.target);
  const exchanged = withTargetToken(session.record, requested, { token, now: context.options.clock() });
  renewal.session = await keepRecord(context, session, exchanged);
};

/**
 * Providers answer `invalid_grant` to targets too: the session ends only when its own token is refused as well, and nothing
 * is wrong where another process has rotated the refresh token meanwhile.
 */
const settleTarget = async (
  context: TokenContext,
  renewal: TokenRenewal,
  refused: TargetRefused,
): Promise<HeldToken> => {
  const { session, requested } = renewal;
  if (requested.source === 'refresh' && refused.error === 'invalid_grant') {
    const now = await rereadSession(context, session);
    if (isRotated(now, session)) return settleSuperseded(context, { session: now, requested });
    await grantToken(context, { session, requested: sessionToken });
  }
  const remedy = 'look at `token` of the API route, and at what the provider lets this client ask for';
  const problem = new Problem('provider_error', `${refused.message}: ${remedy}`, { cause: refused });
  return settleFailed(context, renewal, { problem, scope: 'session' });
};

const settle = async (context: TokenContext, renewal: TokenRenewal, error: unknown): Promise<HeldToken> => {
  if (error instanceof RefreshSuperseded)
    return settleSuperseded(context, { ...renewal, session: error.session });
  if (error instanceof RefreshRefused) return settleRefused(context, renewal, error);
  if (error instanceof TargetRefused) return settleTarget(context, renewal, error);
  if (!(error instanceof Problem) || !error.code.startsWith('provider_')) throw error;
  // What an unacceptable answer says of one session, everything else says of the provider.
  const scope = error.code === 'provider_invalid_response' ? 'session' : 'provider';
  return settleFailed(context, renewal, { problem: error, scope });
};

const requireToken = ({ session, requested }: TokenRenewal): HeldToken => {
  const held = findToken(session.record, requested);
  if (held === undefined) throw new Error('The record of the session lacks the token that was stored');
  return held;
};

/** Asks for a new access token of a session, and stores it. @throws Problem as the functions of `refresh-outcome.ts`. */
export const grantToken = async (
  context: TokenContext,
  { session, requested }: TokenRenewal,
): Promise<HeldToken> => {
  const { refreshToken } = session.record.tokens;
  const isExchange = requested.source === 'exchange';
  if (!isExchange && refreshToken === undefined) return settleUnrefreshable(context, { session, requested });
  const renewal: RenewalUnderWay = { session, requested };
  try {
    if (isExchange || refreshToken === undefined) await exchange(context, renewal);
    else await refresh(context, renewal, refreshToken);
    context.backoff.succeeded(renewalId(renewal));
    context.options.observe?.({ kind: 'refresh', outcome: 'succeeded' });
    return requireToken(renewal);
  } catch (error) {
    return settle(context, renewal, error);
  }
};
