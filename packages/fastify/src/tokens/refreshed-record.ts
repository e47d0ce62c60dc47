import type { RefreshedTokens } from '../provider/provider.ts';
import type { SessionRecord } from '../session/session-record.ts';
import { createUser } from '../session/user.ts';

/** The record with the tokens and claims of a refresh; what the provider left out stays as it was. */
export const mergeRecord = (
  record: SessionRecord,
  refreshed: RefreshedTokens,
  now: number,
): SessionRecord => {
  return {
    ...record,
    accessTokenIssuedAt: now,
    user: createUser(record.user.sub, { ...record.user, ...refreshed.claims }),
    tokens: {
      accessToken: refreshed.accessToken,
      accessTokenExpiresAt: refreshed.accessTokenExpiresAt,
      refreshToken: refreshed.refreshToken ?? record.tokens.refreshToken,
      idToken: refreshed.idToken ?? record.tokens.idToken,
      nonce: record.tokens.nonce,
    },
  };
};
