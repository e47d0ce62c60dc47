import type { SessionRecord } from '../session/session-record.ts';

const longestMarginMs = 30_000;
/** A token that lives shorter than this is refreshed no more often all the same. */
const shortestIntervalMs = 1000;

/** Milliseconds since the epoch: a token that was never refreshed was issued when its session began. */
export const issuedAt = ({ accessTokenIssuedAt, createdAt }: SessionRecord): number =>
  accessTokenIssuedAt ?? createdAt;

/** Whether the access token is valid at `now`, as far as anyone can say. */
export const isValid = ({ tokens }: SessionRecord, now: number): boolean =>
  tokens.accessTokenExpiresAt === undefined || tokens.accessTokenExpiresAt > now;

/** Whether the access token expires within 30 s, or within half of its life where that is less. */
export const isRefreshDue = (record: SessionRecord, now: number): boolean => {
  const { accessTokenExpiresAt: expiresAt } = record.tokens;
  if (expiresAt === undefined || now - issuedAt(record) < shortestIntervalMs) return false;
  const lifetimeMs = Math.max(0, expiresAt - issuedAt(record));
  return expiresAt - Math.min(longestMarginMs, lifetimeMs / 2) <= now;
};

/** Whether `record` has another access token than `earlier`, or the same issued once more. */
export const isReplaced = (record: SessionRecord, earlier: SessionRecord): boolean =>
  record.tokens.accessToken !== earlier.tokens.accessToken || issuedAt(record) !== issuedAt(earlier);
