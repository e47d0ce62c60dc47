import { randomUUID } from 'node:crypto';
import { setTimeout as wait } from 'node:timers/promises';
import type { FastifyBaseLogger } from 'fastify';
import { logEvent } from '../events.ts';
import type { ResolvedOptions } from '../options.ts';
import { Problem } from '../problems.ts';
import {
  type Provider,
  type RefreshedTokens,
  RefreshRefused,
  RefreshUnverified,
} from '../provider/provider.ts';
import type { Session } from '../session/live-session.ts';
import type { SessionEnding } from '../session/session-ending.ts';
import type { SessionRecord } from '../session/session-record.ts';
import type { SessionRecords } from '../session/session-records.ts';
import type { SessionStore } from '../stores/session-store.ts';
import { mergeRecord } from './refreshed-record.ts';

/** What the access tokens are made of. */
export interface AccessTokenDependencies {
  readonly options: ResolvedOptions;
  readonly provider: Provider;
  readonly store: SessionStore;
  readonly vault: SessionRecords;
  readonly end: SessionEnding['end'];
  readonly log: FastifyBaseLogger;
}

/** Milliseconds before its expiry from when on a token is refreshed. */
const margin = 30_000;
/** Milliseconds for which a provider in trouble is left alone while old tokens still do. */
const trouble = 1000;
const pollInterval = 40;
/** Milliseconds that a usual refresh is done in: who has a valid token waits for another process no longer. */
const usual = 1000;

const expired = (message: string, cause?: unknown): Problem =>
  new Problem('session_expired', message, { cause });

/**
 * Makes the one door to access tokens: a refresh per session at a time, in the process by a shared promise,
 * across processes by a lease. A provider that detects reuse sees each refresh token once.
 *
 * @see RFC 9700 section 4.14
 */
export const createAccessTokens = (
  dependencies: AccessTokenDependencies,
): ((session: Session) => Promise<string>) => {
  const { options, provider, store, vault, end, log } = dependencies;
  const flights = new Map<string, Promise<string>>();
  /**
   * The longest that a refresh can take, or a second process would use the same refresh token: discovery with a
   * redirect, the grant with either client authentication, the key set, each up to the provider timeout; then the save.
   */
  const leaseTime = options.providerTimeout * 5000 + 6000;
  let troubleUntil = 0;

  const isValidFor = ({ tokens }: SessionRecord, milliseconds: number): boolean =>
    tokens.accessTokenExpiresAt === undefined || tokens.accessTokenExpiresAt - milliseconds > options.clock();

  /** A token that a sibling has just fetched is good even if it lives for less than the margin. */
  const isFresh = (now: Session, before: Session): boolean =>
    isValidFor(now.record, now.version === before.version ? margin : 0);

  const reread = async (session: Session): Promise<Session> => {
    const now = await vault.reread(session);
    if (now === undefined) throw expired('The session ended before its access token was refreshed');
    return now;
  };

  /** The refresh token has been used: its successor is worth more than one try. */
  const persist = async (session: Session, record: SessionRecord): Promise<boolean> => {
    for (let tries = 1; ; tries += 1) {
      try {
        return await vault.save(session, record);
      } catch (error) {
        if (tries === 3) throw error;
        await wait(100 * tries);
      }
    }
  };

  const save = async (session: Session, refreshed: RefreshedTokens): Promise<string> => {
    const record = mergeRecord(session.record, refreshed);
    if (await persist(session, record)) return record.tokens.accessToken;
    const { refreshToken } = record.tokens;
    if ((await vault.reread(session)) === undefined && refreshToken !== undefined) {
      provider
        .revoke(refreshToken)
        .catch((error: unknown) => logEvent(log, 'revocation_failed', { err: error }));
    }
    return (await reread(session)).record.tokens.accessToken;
  };

  const refuse = async (session: Session, error: RefreshRefused): Promise<string> => {
    const now = await reread(session);
    if (now.version !== session.version && isFresh(now, session)) return now.record.tokens.accessToken;
    options.observe?.({ kind: 'refresh', outcome: 'refused' });
    logEvent(log, 'refresh_failed', { session: session.id, err: error });
    await end(session.id, 'refresh_failed');
    throw expired('The provider refused the refresh', error);
  };

  const endure = ({ record }: Session, cause: Problem): string => {
    troubleUntil = performance.now() + trouble;
    options.observe?.({ kind: 'refresh', outcome: 'failed' });
    logEvent(log, 'refresh_trouble', { err: cause });
    if (isValidFor(record, 0)) return record.tokens.accessToken;
    const { retryAfter = 1 } = cause;
    throw new Problem('provider_unavailable', 'The access token could not be refreshed', {
      cause,
      retryAfter,
    });
  };

  /** Nothing else of an answer whose ID token cannot be judged is used. */
  const keepSuccessor = async (session: Session, refreshToken: string): Promise<void> => {
    const { record } = session;
    await persist(session, { ...record, tokens: { ...record.tokens, refreshToken } });
  };

  const refresh = async (session: Session, refreshToken: string): Promise<string> => {
    const { issuer, user, tokens } = session.record;
    let refreshed: RefreshedTokens;
    try {
      refreshed = await provider.refresh(refreshToken, { issuer, sub: user.sub, nonce: tokens.nonce });
    } catch (error) {
      if (error instanceof RefreshRefused) return refuse(session, error);
      if (error instanceof RefreshUnverified) await keepSuccessor(session, error.refreshToken);
      if (error instanceof Problem) return endure(session, error);
      throw error;
    }
    options.observe?.({ kind: 'refresh', outcome: 'succeeded' });
    return save(session, refreshed);
  };

  /** Without a refresh token nothing can follow; a session that stays would send the user round in circles. */
  const giveUp = async (session: Session): Promise<string> => {
    if (isValidFor(session.record, 0)) return session.record.tokens.accessToken;
    await end(session.id, 'expired');
    throw expired('The access token has expired and there is no refresh token');
  };

  const refreshOnce = async (session: Session): Promise<string> => {
    const now = await reread(session);
    const { accessToken, refreshToken } = now.record.tokens;
    if (isFresh(now, session)) return accessToken;
    return refreshToken === undefined ? giveUp(now) : refresh(now, refreshToken);
  };

  /** A lease that stays runs out by itself, and is no reason to withhold a token. */
  const releaseLease = async (id: string, holder: string): Promise<void> => {
    try {
      await store.releaseLease(id, holder);
    } catch (error) {
      logEvent(log, 'lease_stays', { err: error });
    }
  };

  const takeFlight = async (session: Session): Promise<string> => {
    const { id } = session;
    const holder = randomUUID();
    const patience = isValidFor(session.record, 0) ? usual : options.providerTimeout * 1000 + usual;
    const deadline = performance.now() + patience;
    while (!(await store.acquireLease(id, holder, leaseTime))) {
      const now = await reread(session);
      if (isFresh(now, session)) return now.record.tokens.accessToken;
      if (performance.now() > deadline) {
        const late = new Problem('provider_timeout', 'Another process holds the refresh for too long');
        return endure(session, late);
      }
      await wait(pollInterval);
    }
    try {
      return await refreshOnce(session);
    } finally {
      await releaseLease(id, holder);
    }
  };

  return async (session) => {
    if (isValidFor(session.record, margin)) return session.record.tokens.accessToken;
    if (performance.now() < troubleUntil && isValidFor(session.record, 0))
      return session.record.tokens.accessToken;
    const underway = flights.get(session.id);
    if (underway !== undefined) return underway;
    const flight = takeFlight(session).finally(() => flights.delete(session.id));
    flights.set(session.id, flight);
    return flight;
  };
};
