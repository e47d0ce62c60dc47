import type { RefreshedTokens } from '../provider/provider.ts';
import { createDisplayName } from './display-name.ts';
import type { SessionRecord } from './session-record.ts';
import { createUser } from './user.ts';

/** The record with the tokens and claims of a refresh; what the provider left out stays as it was. */
export const mergeRecord = (record: SessionRecord, refreshed: RefreshedTokens): SessionRecord => {
  const claims = { ...record.user, ...refreshed.claims };
  return {
    ...record,
    user: createUser(record.sub, claims),
    displayName: createDisplayName({ ...claims, sub: record.sub }),
    tokens: {
      accessToken: refreshed.accessToken,
      accessTokenExpiresAt: refreshed.accessTokenExpiresAt,
      refreshToken: refreshed.refreshToken ?? record.tokens.refreshToken,
      idToken: refreshed.idToken ?? record.tokens.idToken,
    },
  };
};
