import { LRUCache } from 'lru-cache';
import type { AccessToken } from '../provider/provider.ts';
import type { Providers } from '../provider/providers.ts';
import type { Session } from '../session/live-session.ts';
import { type ClientTokens, createClientTokens } from './client-tokens.ts';
import { attemptRefresh, type IsGood } from './refresh-attempt.ts';
import { createRefreshBackoff, mostRemembered } from './refresh-backoff.ts';
import { renewalId, settlePostponed } from './refresh-outcome.ts';
import { type PersonToken, type RequestedToken, sessionToken } from './requested-token.ts';
import type { AccessTokenDependencies, TokenContext } from './token-context.ts';
import { findToken, type HeldToken, isRefreshDue, isReplaced, isValid } from './token-life.ts';

/** The one door to access tokens. */
export interface AccessTokens extends ClientTokens {
  /**
   * A valid access token of a session: its own by default, or one for a target; refreshed when it expires within 30 s or
   * half of its life. One request for a session at a time, across processes.
   *
   * @throws Problem `session_expired` when the grant is over (the session has been ended), `provider_unavailable` with
   * `Retry-After` when the provider is in trouble and the old token is no longer valid, `provider_error` when the provider
   * issues no token for the target.
   */
  readonly accessToken: (session: Session, requested?: PersonToken) => Promise<AccessToken>;
  /**
   * Another access token for an upstream that refused the first with `invalid_token`, where nothing says when that
   * token expires; `undefined` when another one cannot be had, or this one was issued less than 30 s ago.
   *
   * @throws Problem as `accessToken`.
   */
  readonly refreshAccessToken: (
    session: Session,
    requested?: PersonToken,
  ) => Promise<AccessToken | undefined>;
}

/**
 * The access token that a request is sent with, of the session or of the client; `undefined` where none is wanted, or
 * where a person's is wanted and there is no session.
 *
 * @throws Problem as `accessToken` and `clientToken`.
 */
export const findAccessToken = async (
  tokens: AccessTokens,
  session: Session | undefined,
  requested: RequestedToken,
): Promise<AccessToken | undefined> => {
  if (requested.source === 'none') return undefined;
  if (requested.source === 'client') return tokens.clientToken(requested);
  return session && tokens.accessToken(session, requested);
};

/** An upstream that refuses a token as young as this refuses its successor too. */
const youngMs = 30_000;

/**
 * Makes the one door to the access tokens of a provider: one request for a session at a time, whatever its tokens are for,
 * because all of them use the session's refresh token: in the process by a shared promise, across processes by a lease. A
 * provider that detects reuse sees each refresh token once.
 *
 * @see RFC 9700 section 4.14
 */
export const createAccessTokens = (dependencies: AccessTokenDependencies): AccessTokens => {
  const { clock } = dependencies.options;
  const backoff = createRefreshBackoff();
  const context: TokenContext = { ...dependencies, backoff, unsaved: new LRUCache({ max: mostRemembered }) };
  const underway = new Map<string, Promise<HeldToken>>();

  const refresh = async (session: Session, requested: PersonToken, isGood: IsGood): Promise<HeldToken> => {
    const renewal = { session, requested };
    const id = renewalId(renewal);
    const known = underway.get(id);
    if (known !== undefined) return known;
    const remainingMs = backoff.remainingMs(id);
    if (remainingMs > 0) return settlePostponed(context, renewal, remainingMs);
    backoff.starts();
    const started = attemptRefresh(context, renewal, isGood).finally(() => underway.delete(id));
    underway.set(id, started);
    return started;
  };

  const accessToken = async (session: Session, requested = sessionToken): Promise<HeldToken> => {
    const held = findToken(session.record, requested);
    if (held !== undefined && !isRefreshDue(held, clock())) return held;
    // What is exchanged is the session's own token, as valid as can be had.
    if (requested.source === 'exchange') await accessToken(session);
    return refresh(session, requested, (now) => {
      const isNew = isReplaced(now, held) && isValid(now, clock());
      return isNew || !isRefreshDue(now, clock());
    });
  };

  return {
    ...createClientTokens(dependencies),
    accessToken,
    refreshAccessToken: async (session, requested = sessionToken) => {
      const held = findToken(session.record, requested);
      if (held === undefined || held.accessTokenExpiresAt !== undefined) return undefined;
      if (requested.source !== 'exchange' && session.record.tokens.refreshToken === undefined)
        return undefined;
      if (clock() - held.issuedAt < youngMs) return undefined;
      const token = await refresh(session, requested, (now) => isReplaced(now, held));
      return token.accessToken === held.accessToken ? undefined : token;
    },
  };
};

/**
 * Makes the door to the access tokens of every provider: an outage of one says nothing of another. Tokens of the client
 * itself are those of the first.
 */
export const createTokensByProvider = (
  dependencies: Omit<AccessTokenDependencies, 'provider' | 'options'>,
  providers: Providers,
): AccessTokens => {
  const doors = new Map(
    providers.all.map(({ id, options, provider }) => [
      id,
      createAccessTokens({ ...dependencies, options, provider }),
    ]),
  );
  const doorOf = (id: string | undefined): AccessTokens => {
    const door = id === undefined ? undefined : doors.get(id);
    if (door === undefined) throw new Error(`There is no provider ${id}`);
    return door;
  };
  return {
    clientToken: (requested) => doorOf(providers.all[0]?.id).clientToken(requested),
    accessToken: (session, requested) => doorOf(session.provider).accessToken(session, requested),
    refreshAccessToken: (session, requested) =>
      doorOf(session.provider).refreshAccessToken(session, requested),
  };
};
