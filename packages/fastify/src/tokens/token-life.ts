import type { IssuedToken } from '../provider/provider.ts';
import type { SessionRecord } from '../session/session-record.ts';
import type { PersonToken } from './requested-token.ts';

/** An access token that is there. */
export interface HeldToken extends IssuedToken {
  /** Milliseconds since the epoch. */
  readonly issuedAt: number;
}

const longestMarginMs = 30_000;
/** A token that lives shorter than this is refreshed no more often all the same. */
const shortestIntervalMs = 1000;

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
