import { maxTargetTokens } from '../options.ts';
import type { IssuedToken, RefreshedTokens } from '../provider/provider.ts';
import { providerEnd } from '../session/session-limits.ts';
import type { SessionRecord } from '../session/session-record.ts';
import { renewUser } from './fresh-claims.ts';
import type { PersonToken } from './requested-token.ts';

/** The record with an access token of its own for one target. */
export const withTargetToken = (
  record: SessionRecord,
  { key }: PersonToken,
  { token, now }: { readonly token: IssuedToken; readonly now: number },
): SessionRecord => {
  const { accessToken, accessTokenExpiresAt } = token;
  const others = (record.targetTokens ?? []).filter((kept) => kept.key !== key);
  const newest = { key, accessToken, accessTokenExpiresAt, issuedAt: now };
  return { ...record, targetTokens: [...others, newest].slice(-maxTargetTokens) };
};

const withSessionToken = (
  record: SessionRecord,
  { accessToken, accessTokenExpiresAt, scope = record.tokens.scope }: RefreshedTokens,
  now: number,
): SessionRecord => ({
  ...record,
  accessTokenIssuedAt: now,
  tokens: { ...record.tokens, accessToken, accessTokenExpiresAt, scope },
});

/** The record with the tokens and claims of a refresh; what the provider left out stays as it was. */
export const withRefreshedTokens = (
  record: SessionRecord,
  requested: PersonToken,
  { refreshed, now }: { readonly refreshed: RefreshedTokens; readonly now: number },
): SessionRecord => {
  const { refreshToken, idToken, dpopKey } = record.tokens;
  const isNewlyBound = dpopKey === undefined && refreshed.dpopKey !== undefined;
  const kept = {
    ...record,
    // Tokens that are bound to no key cannot be sent with a proof.
    ...(isNewlyBound ? { targetTokens: [] } : {}),
    // The provider may shorten the session; it cannot make it longer than it was.
    expiresAt: Math.min(record.expiresAt, providerEnd(refreshed.claims ?? {})),
    user: renewUser(record, refreshed.claims),
    tokens: {
      ...record.tokens,
      refreshToken: refreshed.refreshToken ?? refreshToken,
      idToken: refreshed.idToken ?? idToken,
      dpopKey: refreshed.dpopKey ?? dpopKey,
    },
  };
  return requested.source === 'session'
    ? withSessionToken(kept, refreshed, now)
    : withTargetToken(kept, requested, { token: refreshed, now });
};
