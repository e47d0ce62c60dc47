import type { FastifyBaseLogger } from 'fastify';
import type { LRUCache } from 'lru-cache';
import type { Observe } from '../logging/observation.ts';
import type { ResolvedOptions } from '../options.ts';
import type { IssuedToken, Provider } from '../provider/provider.ts';
import type { Sessions } from '../session/session.ts';
import type { Session, SessionRecord } from '../session/session-record.ts';
import type { SessionStore } from '../stores/session-store.ts';
import type { RefreshBackoff } from './refresh-backoff.ts';
import type { PersonToken } from './requested-token.ts';

/** An access token that is there. */
export interface HeldToken extends IssuedToken {
  /** Milliseconds since the epoch. */
  readonly issuedAt: number;
}

/** A token that is asked for again when it is due. */
export interface Renewal {
  /** Names the token in this process. */
  readonly id: string;
  /** The token as it is known now. */
  readonly held: () => HeldToken | undefined;
}

/** The renewal of a token of a session. */
export interface SessionRenewal extends Renewal {
  /** As it was read or stored last. */
  session: Session;
  readonly requested: PersonToken;
}

/** What every step towards an access token works with; the tokens of each provider have one of their own. */
export interface TokenContext {
  readonly options: ResolvedOptions;
  readonly provider: Provider;
  readonly store: SessionStore;
  readonly sessions: Pick<Sessions, 'reread' | 'save' | 'end'>;
  readonly log: FastifyBaseLogger;
  /** Counts refreshes. */
  readonly observe: Observe | undefined;
  readonly backoff: RefreshBackoff;
  /** New refresh tokens that the store did not take, by `storedToken`: the provider knows no other for their sessions. */
  readonly unsaved: LRUCache<string, string>;
  /** The requests for tokens that this process has under way, by the ids of their renewals. */
  readonly underway: Map<string, Promise<HeldToken>>;
}

/** The access token that a record holds. The session's own, when it was never refreshed, is as old as the session. */
export const findToken = (
  { tokens, accessTokenIssuedAt, createdAt, targetTokens }: SessionRecord,
  { key, source }: PersonToken,
): HeldToken | undefined => {
  const { accessToken, accessTokenExpiresAt, dpopKey } = tokens;
  if (source === 'session')
    return { accessToken, accessTokenExpiresAt, dpopKey, issuedAt: accessTokenIssuedAt ?? createdAt };
  const found = targetTokens.find((token) => token.key === key);
  return found && { ...found, dpopKey };
};

/** Makes the renewal of a token of a session. */
export const createRenewal = (session: Session, requested: PersonToken): SessionRenewal => {
  const renewal: SessionRenewal = {
    id: session.id + requested.key,
    held: () => findToken(renewal.session.record, requested),
    session,
    requested,
  };
  return renewal;
};

const longestMarginMs = 30_000;
/** A token that lives shorter than this is refreshed no more often all the same. */
const shortestIntervalMs = 1000;

/** Whether the access token is valid at `now`, as far as anyone can say. */
export const isValid = (token: HeldToken | undefined, now: number): token is HeldToken =>
  token !== undefined && (token.accessTokenExpiresAt === undefined || token.accessTokenExpiresAt > now);

/** Whether there is none, or the access token expires within 30 s, or within half of its life where that is less. */
export const isRefreshDue = (token: HeldToken | undefined, now: number): boolean => {
  if (token === undefined) return true;
  const { accessTokenExpiresAt: expiresAt, issuedAt } = token;
  if (expiresAt === undefined || now - issuedAt < shortestIntervalMs) return false;
  const lifetimeMs = Math.max(0, expiresAt - issuedAt);
  return expiresAt - Math.min(longestMarginMs, lifetimeMs / 2) <= now;
};

/** Whether this is another access token than `earlier`, or the same issued once more. */
export const isReplaced = (token: HeldToken | undefined, earlier: HeldToken | undefined): boolean =>
  token?.accessToken !== earlier?.accessToken || token?.issuedAt !== earlier?.issuedAt;
