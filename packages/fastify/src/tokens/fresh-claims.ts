import { setTimeout as wait } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import type { User } from '@foyer/contract';
import { logEvent } from '../events.ts';
import type { Claims, RefreshedTokens } from '../provider/provider.ts';
import type { Session } from '../session/live-session.ts';
import type { SessionRecord } from '../session/session-record.ts';
import { createUser } from '../session/user.ts';
import type { AccessTokenDependencies } from './access-token-dependencies.ts';
import { createRefreshLeases } from './refresh-lease.ts';

/** Userinfo is read again at most this often. */
const intervalMs = 5 * 60_000;

const isObject = (value: unknown): value is Claims =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** The claims of an ID token that was verified when it came. */
const readClaims = ({ tokens }: SessionRecord): Claims => {
  try {
    const value: unknown = JSON.parse(
      Buffer.from(tokens.idToken.split('.')[1] ?? '', 'base64url').toString(),
    );
    return isObject(value) ? value : {};
  } catch {
    return {};
  }
};

/** What userinfo, rather than the ID token, has told of the person. */
const ofUserinfo = (record: SessionRecord): Claims => {
  const ofIdToken = readClaims(record);
  return Object.fromEntries(
    Object.entries(record.user).filter(([name, value]) => !isDeepStrictEqual(value, ofIdToken[name])),
  );
};

/** The person by a refreshed ID token: what the earlier one said and this does not is gone; what userinfo said stays. */
export const renewUser = (record: SessionRecord, idTokenClaims: Claims | undefined): User =>
  idTokenClaims === undefined
    ? record.user
    : createUser(record.user.sub, { ...idTokenClaims, ...ofUserinfo(record) });

/** Whether a refresh leaves claims that only userinfo can renew, and it has not been read for 5 minutes. */
export const isUserinfoDue = (record: SessionRecord, { claims }: RefreshedTokens, now: number): boolean => {
  const readAt = record.userinfoReadAt ?? record.createdAt;
  const isSource = claims === undefined || Object.keys(ofUserinfo(record)).some((name) => name !== 'sub');
  return isSource && now - readAt >= intervalMs;
};

const mostTries = 20;
const retryMs = 50;

/**
 * Makes what reads userinfo again after a refresh, while the call that needed the refresh goes on. It never rejects: the
 * claims stay as they were when userinfo fails, or is about someone else.
 *
 * @see OpenID Connect Core section 5.3
 */
export const createUserinfoRenewal = ({ provider, store, records, log }: AccessTokenDependencies) => {
  const takeLease = createRefreshLeases(store, log);

  /** Under the lease of refreshes: a record that changes during a refresh would lose its new refresh token. */
  const save = async (session: Session, userinfo: Claims): Promise<void> => {
    for (let tries = 0; tries < mostTries; tries += 1) {
      const lease = await takeLease(session.id);
      if (lease === undefined) {
        await wait(retryMs);
        continue;
      }
      try {
        const now = await records.reread(session);
        if (now === undefined) return;
        const user = createUser(now.record.user.sub, { ...readClaims(now.record), ...userinfo });
        await records.save(now, { ...now.record, user });
        return;
      } finally {
        await lease.release();
      }
    }
  };

  return async (session: Session): Promise<void> => {
    const { tokens, user } = session.record;
    try {
      const userinfo = await provider.readUserinfo({ ...tokens, sub: user.sub });
      if (userinfo !== undefined) await save(session, userinfo);
    } catch (error) {
      logEvent(log, 'claims_not_renewed', { err: error });
    }
  };
};
