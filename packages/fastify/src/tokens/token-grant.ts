import { RefreshRefused, TargetRefused } from '../provider/provider.ts';
import { isUserinfoDue, renewUserinfo } from './fresh-claims.ts';
import {
  keepRecord,
  RefreshSuperseded,
  storedToken,
  withRefreshedTokens,
  withTargetToken,
} from './kept-record.ts';
import {
  settleRefused,
  settleSuperseded,
  settleTrouble,
  settleUnrefreshable,
  wasRotated,
} from './refresh-failure.ts';
import { sessionToken } from './requested-token.ts';
import {
  createRenewal,
  type HeldToken,
  type Renewal,
  type SessionRenewal,
  type TokenContext,
} from './token-renewal.ts';

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
    return settleSuperseded(context, renewal);
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
