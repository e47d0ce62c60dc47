import { LRUCache } from 'lru-cache';
import type { AccessToken } from '../provider/provider.ts';
import type { RegisteredProvider } from '../provider/providers.ts';
import type { Session } from '../session/session-record.ts';
import { attemptRefresh, requestOnce } from './refresh-attempt.ts';
import { createRefreshBackoff, mostRemembered } from './refresh-backoff.ts';
import { settleTrouble } from './refresh-failure.ts';
import { type ClientToken, type PersonToken, type RequestedToken, sessionToken } from './requested-token.ts';
import { settleSucceeded } from './token-grant.ts';
import {
  createRenewal,
  findToken,
  type HeldToken,
  isRefreshDue,
  isReplaced,
  isValid,
  type TokenContext,
} from './token-renewal.ts';

/** The one door to access tokens. */
export interface AccessTokens {
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
   * The access token that a request is sent with: that of the session, or one of the client itself, which all sessions of this
   * process share. `undefined` where none is wanted, or where a person's is wanted and there is no session.
   *
   * @throws Problem as `accessToken`.
   */
  readonly find: (
    session: Session | undefined,
    requested: RequestedToken,
  ) => Promise<AccessToken | undefined>;
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

/** An upstream that refuses a token as young as this refuses its successor too. */
const youngMs = 30_000;

const findFresh = async (
  context: TokenContext,
  session: Session,
  requested: PersonToken,
): Promise<HeldToken> => {
  const { clock } = context.options;
  const held = findToken(session.record, requested);
  if (held !== undefined && !isRefreshDue(held, clock())) return held;
  // The session's own token is exchanged, refreshed before where possible.
  if (requested.source === 'exchange') await findFresh(context, session, sessionToken);
  const isGood = (now: HeldToken): boolean =>
    (isReplaced(now, held) && isValid(now, clock())) || !isRefreshDue(now, clock());
  const renewal = createRenewal(session, requested);
  return requestOnce(context, renewal, () => attemptRefresh(context, renewal, isGood));
};

const findAnother = async (
  context: TokenContext,
  session: Session,
  requested: PersonToken,
): Promise<HeldToken | undefined> => {
  const held = findToken(session.record, requested);
  if (held === undefined || held.accessTokenExpiresAt !== undefined) return undefined;
  if (requested.source !== 'exchange' && session.record.tokens.refreshToken === undefined) return undefined;
  if (context.options.clock() - held.issuedAt < youngMs) return undefined;
  const renewal = createRenewal(session, requested);
  const token = await requestOnce(context, renewal, () =>
    attemptRefresh(context, renewal, (now) => isReplaced(now, held)),
  );
  return token.accessToken === held.accessToken ? undefined : token;
};

/** Routes of one's own may name any target. */
const mostClientTokens = 1000;

/** Makes the access tokens of the client itself. @see RFC 6749 section 4.4 */
const createClientTokens = (context: TokenContext) => {
  const { options, provider } = context;
  const tokens = new LRUCache<string, HeldToken>({ max: mostClientTokens });
  return async ({ key, target }: ClientToken): Promise<HeldToken> => {
    const known = tokens.get(key);
    if (known !== undefined && !isRefreshDue(known, options.clock())) return known;
    const renewal = { id: key, held: () => tokens.get(key) };
    return requestOnce(context, renewal, async () => {
      try {
        tokens.set(key, { ...(await provider.clientToken(target)), issuedAt: options.clock() });
        return settleSucceeded(context, renewal);
      } catch (error) {
        return settleTrouble(context, renewal, error);
      }
    });
  };
};

/** What the tokens of every provider are made of. */
type Common = Pick<TokenContext, 'store' | 'sessions' | 'log'>;

/**
 * Makes the one door to access tokens: one request for a session at a time, whatever its tokens are for, because all of
 * them use the session's refresh token: in the process by a shared promise, across processes by a lease. A provider that
 * detects reuse sees each refresh token once. An outage of one provider says nothing of another; tokens of the client itself
 * are those of the first.
 *
 * @see RFC 9700 section 4.14
 */
export const createAccessTokens = (
  common: Common,
  providers: readonly Pick<RegisteredProvider, 'id' | 'options' | 'provider'>[],
): AccessTokens => {
  const createContext = ({ options, provider }: (typeof providers)[number]): TokenContext => ({
    ...common,
    options,
    provider,
    observe: options.observe,
    backoff: createRefreshBackoff(),
    unsaved: new LRUCache({ max: mostRemembered }),
    underway: new Map(),
  });
  const contexts = new Map(providers.map((each) => [each.id, createContext(each)]));
  const contextOf = ({ provider }: { readonly provider: string }): TokenContext => {
    const context = contexts.get(provider);
    if (context === undefined) throw new Error(`There is no provider ${provider}`);
    return context;
  };
  // A provider may fail for the client and refresh for persons.
  const ofClient = { backoff: createRefreshBackoff(), observe: undefined };
  const client = { ...contextOf({ provider: providers[0]?.id ?? '' }), ...ofClient };
  const findClientToken = createClientTokens(client);
  const accessToken: AccessTokens['accessToken'] = async (session, requested = sessionToken) =>
    findFresh(contextOf(session), session, requested);
  return {
    accessToken,
    find: async (session, requested) => {
      if (requested.source === 'none') return undefined;
      if (requested.source === 'client') return findClientToken(requested);
      return session && accessToken(session, requested);
    },
    refreshAccessToken: async (session, requested = sessionToken) =>
      findAnother(contextOf(session), session, requested),
  };
};
