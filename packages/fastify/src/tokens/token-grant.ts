import { Problem } from '../problems.ts';
import { TargetRefused } from '../provider/provider.ts';
import { isUserinfoDue, renewUserinfo } from './fresh-claims.ts';
import {
  keepRecord,
  newestRefreshToken,
  sessionExpired,
  withRefreshedTokens,
  withTargetToken,
} from './kept-record.ts';
import { settle, settleSuperseded, wasRotated } from './refresh-failure.ts';
import { sessionToken } from './requested-token.ts';
import { renewalId, type TokenContext, type TokenRenewal } from './token-context.ts';
import { findToken, type HeldToken, isValid } from './token-life.ts';

/** Refreshes with the session's refresh token; the new one is stored before the rest of the answer is judged. */
const refresh = async (context: TokenContext, renewal: TokenRenewal, refreshToken: string): Promise<void> => {
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
  unsaved.delete(session.id);
  if (isDue) void renewUserinfo(context, renewal.session);
};

/** Exchanges the session's access token. @see RFC 8693 */
const exchange = async (context: TokenContext, renewal: TokenRenewal): Promise<void> => {
  const { options, provider } = context;
  const { record } = renewal.session;
  const token = await provider.exchange(record.tokens, renewal.requested.target);
  const issued = { ...token, issuedAt: options.clock() };
  await keepRecord(context, renewal, withTargetToken(record, renewal.requested, issued));
};

/** There is no refresh token: a session that stayed without an access token would send the user round in circles. */
const settleUnrefreshable = async (
  { options, sessions }: TokenContext,
  { session, requested }: TokenRenewal,
): Promise<HeldToken> => {
  const held = findToken(session.record, requested);
  if (isValid(held, options.clock())) return held;
  if (requested.source !== 'session')
    throw new Problem('provider_error', 'The session has no refresh token to ask with: look at OIDC_SCOPE');
  await sessions.end(session.id, 'expired');
  throw sessionExpired('The access token has expired and there is no refresh token');
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
  if (renewal.requested.source === 'refresh' && refused.error === 'invalid_grant') {
    if (await wasRotated(context, renewal)) return settleSuperseded(context, renewal);
    await grantToken(context, { session: renewal.session, requested: sessionToken });
  }
  return settle(context, renewal, refused);
};

const requireToken = ({ session, requested }: TokenRenewal): HeldToken => {
  const held = findToken(session.record, requested);
  if (held === undefined) throw new Error('The record of the session lacks the token that was stored');
  return held;
};

/** Asks for a new access token of a session, and stores it. @throws Problem as `settle` of `refresh-failure.ts`. */
export const grantToken = async (context: TokenContext, renewal: TokenRenewal): Promise<HeldToken> => {
  const { refreshToken } = renewal.session.record.tokens;
  const isExchange = renewal.requested.source === 'exchange';
  if (!isExchange && refreshToken === undefined) return settleUnrefreshable(context, renewal);
  try {
    if (isExchange || refreshToken === undefined) await exchange(context, renewal);
    else await refresh(context, renewal, refreshToken);
    context.backoff.succeeded(renewalId(renewal));
    context.options.observe?.({ kind: 'refresh', outcome: 'succeeded' });
    return requireToken(renewal);
  } catch (error) {
    return error instanceof TargetRefused
      ? settleTarget(context, renewal, error)
      : settle(context, renewal, error);
  }
};
