import { setTimeout as wait } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import type { User } from '@foyer/contract';
import { logEvent } from '../events.ts';
import { type Claims, overlayClaims, type RefreshedTokens, readClaims } from '../provider/provider.ts';
import type { Session, SessionRecord } from '../session/session-record.ts';
import { createUser } from '../session/user.ts';
import { takeRefreshLease } from './refresh-lease.ts';
import type { TokenContext } from './token-renewal.ts';

/** Userinfo is read again at most this often. */
const intervalMs = 5 * 60_000;

/** What userinfo, rather than the ID token, has said of the person. */
const ofUserinfo = ({ user, tokens }: SessionRecord): Claims => {
  const ofIdToken = readClaims(tokens.idToken);
  return Object.fromEntries(
    Object.entries(user).filter(([name, value]) => !isDeepStrictEqual(value, ofIdToken?.[name])),
  );
};

/** The person by a refreshed ID token: what the earlier one said and this does not is gone; what userinfo said stays. */
export const renewUser = (record: SessionRecord, idTokenClaims: Claims | undefined): User =>
  idTokenClaims === undefined
    ? record.user
    : createUser(record.user.sub, overlayClaims(idTokenClaims, ofUserinfo(record)));

/** Whether a refreshed ID token says less than the earlier one: userinfo may know the rest. */
const losesClaims = (record: SessionRecord, claims: Claims): boolean => {
  const renewed = renewUser(record, claims);
  return Object.keys(record.user).some((name) => !Object.hasOwn(renewed, name));
};

/** Whether a refresh has lost claims, or leaves some that only userinfo can renew while it has not been read for 5 minutes. */
export const isUserinfoDue = (record: SessionRecord, { claims }: RefreshedTokens, now: number): boolean => {
  if (claims !== undefined && losesClaims(record, claims)) return true;
  const readAt = record.userinfoReadAt ?? record.createdAt;
  const isSource = claims === undefined || Object.keys(ofUserinfo(record)).some((name) => name !== 'sub');
  return isSource && now - readAt >= intervalMs;
};

const mostTries = 20;
const retryMs = 50;

/** Under the lease of refreshes: a record that changes during a refresh would lose its new refresh token. */
const saveClaims = async (context: TokenContext, session: Session, userinfo: Claims): Promise<void> => {
  const { sessions } = context;
  for (let tries = 0; tries < mostTries; tries += 1) {
    const lease = await takeRefreshLease(context, session.id);
    if (lease === undefined) {
      await wait(retryMs);
      continue;
    }
    try {
      const now = await sessions.reread(session);
      if (now === undefined) return;
      const { user, tokens } = now.record;
      const claims = overlayClaims(readClaims(tokens.idToken) ?? {}, userinfo);
      await sessions.save(now, { ...now.record, user: createUser(user.sub, claims) });
      return;
    } finally {
      await lease.release();
    }
  }
};

/**
 * Reads userinfo again after a refresh, while the call that needed the refresh goes on. It never rejects: the claims stay as
 * they were when userinfo fails, or is about someone else.
 *
 * @see OpenID Connect Core section 5.3
 */
export const renewUserinfo = async (context: TokenContext, session: Session): Promise<void> => {
  const { tokens, user } = session.record;
  try {
    const userinfo = await context.provider.readUserinfo({ ...tokens, sub: user.sub });
    if (userinfo !== undefined) await saveClaims(context, session, userinfo);
  } catch (error) {
    logEvent(context.log, 'claims_not_renewed', { err: error });
  }
};
