import { Problem } from '../problems.ts';
import { RefreshRefused, TargetRefused } from '../provider/provider.ts';
import type { Session } from '../session/live-session.ts';
import type { AccessTokenDependencies } from './access-token-dependencies.ts';
import { createUserinfoRenewal, isUserinfoDue } from './fresh-claims.ts';
import { createKeepRecord, type KeepRecord, RefreshSuperseded } from './kept-record.ts';
import type { FailureScope, RefreshBackoff } from './refresh-backoff.ts';
import { type RefreshOutcome, renewalId, type TokenRenewal } from './refresh-outcome.ts';
import { withRefreshedTokens, withTargetToken } from './renewed-record.ts';
import { type PersonToken, sessionToken } from './requested-token.ts';
import { findToken, type HeldToken } from './token-life.ts';
import { createUnsavedSuccessors, type UnsavedSuccessors } from './unsaved-successors.ts';

/** Asks for a new access token of a session, and stores it; its problems are those of `RefreshOutcome`. */
export type TokenGrant = (renewal: TokenRenewal) => Promise<HeldToken>;

/** A renewal whose session is replaced as its record is stored. */
interface RenewalUnderWay {
  session: Session;
  readonly requested: PersonToken;
}

/** What an unacceptable answer says of one session, everything else says of the provider. */
const scopeOf = ({ code }: Problem): FailureScope =>
  code === 'provider_invalid_response' ? 'session' : 'provider';

/** Refreshes with the session's refresh token; the new one is stored before the rest of the answer is judged. */
const createRefresh = (
  dependencies: AccessTokenDependencies,
  keep: KeepRecord,
  unsaved: UnsavedSuccessors,
) => {
  const { options, provider } = dependencies;
  const renewUserinfo = createUserinfoRenewal(dependencies);
  return async (renewal: RenewalUnderWay, refreshToken: string): Promise<void> => {
    const { session, requested } = renewal;
    const { issuer, user, tokens } = session.record;
    const keepSuccessor = async (successor: string): Promise<void> => {
      const { record } = renewal.session;
      const kept = { ...record, tokens: { ...record.tokens, refreshToken: successor } };
      renewal.session = await keep(renewal.session, kept);
    };
    const target = requested.source === 'session' ? undefined : requested.target;
    const newest = unsaved.newest(session.id, refreshToken);
    const { nonce, dpopKey } = tokens;
    const expected = { issuer, sub: user.sub, nonce, dpopKey, target, keepSuccessor };
    const answer = await provider.refresh(newest, expected);
    const refreshed = { ...answer, refreshToken: answer.refreshToken ?? newest };
    const { record } = renewal.session;
    const now = options.clock();
    const isDue = requested.source === 'session' && isUserinfoDue(record, refreshed, now);
    const renewed = withRefreshedTokens(record, requested, { refreshed, now });
    renewal.session = await keep(renewal.session, isDue ? { ...renewed, userinfoReadAt: now } : renewed);
    unsaved.forget(session.id);
    if (isDue) void renewUserinfo(renewal.session);
  };
};

/** Exchanges the session's access token. @see RFC 8693 */
const createExchange =
  ({ options, provider }: AccessTokenDependencies, keep: KeepRecord) =>
  async (renewal: RenewalUnderWay): Promise<void> => {
    const { session, requested } = renewal;
    const { tokens } = session.record;
    const token = await provider.exchange(tokens, requested.target);
    const exchanged = withTargetToken(session.record, requested, { token, now: options.clock() });
    renewal.session = await keep(session, exchanged);
  };

const requireToken = ({ session, requested }: TokenRenewal): HeldToken => {
  const held = findToken(session.record, requested);
  if (held === undefined) throw new Error('The record of the session lacks the token that was stored');
  return held;
};

/** Makes what asks for access tokens. */
export const createTokenGrant = (
  dependencies: AccessTokenDependencies,
  backoff: RefreshBackoff,
  outcome: RefreshOutcome,
): TokenGrant => {
  const unsaved = createUnsavedSuccessors();
  const keep = createKeepRecord(dependencies, unsaved);
  const refresh = createRefresh(dependencies, keep, unsaved);
  const exchange = createExchange(dependencies, keep);

  /**
   * Providers answer `invalid_grant` to targets too: the session ends only when its own token is refused as well, and
   * nothing is wrong where another process has rotated the refresh token meanwhile.
   */
  const settleTarget = async (renewal: TokenRenewal, refused: TargetRefused): Promise<HeldToken> => {
    const { session, requested } = renewal;
    if (requested.source === 'refresh' && refused.error === 'invalid_grant') {
      const now = await outcome.reread(session);
      if (now.record.tokens.refreshToken !== session.record.tokens.refreshToken)
        return outcome.superseded({ session: now, requested });
      await grant({ session, requested: sessionToken });
    }
    const remedy = 'look at `token` of the API route, and at what the provider lets this client ask for';
    const problem = new Problem('provider_error', `${refused.message}: ${remedy}`, { cause: refused });
    return outcome.failed(renewal, problem, 'session');
  };

  const settle = async (renewal: TokenRenewal, error: unknown): Promise<HeldToken> => {
    const { requested } = renewal;
    if (error instanceof RefreshSuperseded) return outcome.superseded({ session: error.session, requested });
    if (error instanceof RefreshRefused) return outcome.refused(renewal, error);
    if (error instanceof TargetRefused) return settleTarget(renewal, error);
    if (!(error instanceof Problem) || !error.code.startsWith('provider_')) throw error;
    return outcome.failed(renewal, error, scopeOf(error));
  };

  const grant: TokenGrant = async ({ session, requested }) => {
    const { refreshToken } = session.record.tokens;
    const isExchange = requested.source === 'exchange';
    if (!isExchange && refreshToken === undefined) return outcome.unrefreshable({ session, requested });
    const renewal: RenewalUnderWay = { session, requested };
    try {
      if (isExchange || refreshToken === undefined) await exchange(renewal);
      else await refresh(renewal, refreshToken);
      backoff.succeeded(renewalId(renewal));
      dependencies.options.observe?.({ kind: 'refresh', outcome: 'succeeded' });
      return requireToken(renewal);
    } catch (error) {
      return settle(renewal, error);
    }
  };
  return grant;
};
