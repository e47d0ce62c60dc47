import { setTimeout as wait } from 'node:timers/promises';
import { logEvent } from '../events.ts';
import { Problem } from '../problems.ts';
import { type RefreshedTokens, RefreshRefused } from '../provider/provider.ts';
import type { Session } from '../session/live-session.ts';
import type { SessionRecord } from '../session/session-record.ts';
import type { AccessTokenDependencies } from './access-token-dependencies.ts';
import type { FailureScope, RefreshBackoff } from './refresh-backoff.ts';
import { type RefreshOutcome, sessionExpired } from './refresh-outcome.ts';
import { mergeRecord } from './refreshed-record.ts';
import { createUnsavedSuccessors } from './unsaved-successors.ts';

/** Another process refreshed the session while this one did: what is stored first counts. */
class RefreshSuperseded extends Error {
  override readonly name = 'RefreshSuperseded';
  readonly session: Session;

  constructor(session: Session) {
    super('Another process has refreshed the session');
    this.session = session;
  }
}

const maxSaves = 3;

/** What an unacceptable answer says of one session, everything else says of the provider. */
const scopeOf = ({ code }: Problem): FailureScope =>
  code === 'provider_invalid_response' ? 'session' : 'provider';

/** Asks for new tokens with the session's refresh token, and stores them. */
export type RefreshGrant = (session: Session, refreshToken: string) => Promise<string>;

/** Makes the refresh grant. The new refresh token is stored before the rest of the answer is judged. */
export const createRefreshGrant = (
  { options, provider, records, log }: AccessTokenDependencies,
  backoff: RefreshBackoff,
  outcome: RefreshOutcome,
): RefreshGrant => {
  const unsaved = createUnsavedSuccessors();

  /** The old refresh token has been used: its successor is worth more than one try. */
  const trySave = async (session: Session, record: SessionRecord): Promise<boolean> => {
    for (let tries = 1; ; tries += 1) {
      try {
        return await records.save(session, record);
      } catch (error) {
        if (tries === maxSaves) {
          unsaved.keep(session.id, session.record.tokens.refreshToken, record.tokens.refreshToken);
          throw error;
        }
        await wait(100 * tries);
      }
    }
  };

  const revoke = (refreshToken: string): void => {
    provider
      .revoke(refreshToken)
      .catch((error: unknown) => logEvent(log, 'revocation_failed', { err: error }));
  };

  const save = async (session: Session, record: SessionRecord): Promise<Session> => {
    const isSaved = await trySave(session, record);
    const now = await records.reread(session);
    if (now === undefined) {
      if (record.tokens.refreshToken !== undefined) revoke(record.tokens.refreshToken);
      throw sessionExpired('The session ended while its access token was refreshed');
    }
    if (!isSaved) throw new RefreshSuperseded(now);
    return now;
  };

  const settle = async (session: Session, error: unknown): Promise<string> => {
    if (error instanceof RefreshSuperseded) return outcome.superseded(error.session);
    if (error instanceof RefreshRefused) return outcome.refused(session, error);
    if (!(error instanceof Problem) || !error.code.startsWith('provider_')) throw error;
    return outcome.failed(session, error, scopeOf(error));
  };

  return async (session, refreshToken) => {
    const { issuer, user, tokens } = session.record;
    let current = session;
    const keepSuccessor = async (successor: string): Promise<void> => {
      const { record } = current;
      current = await save(current, { ...record, tokens: { ...record.tokens, refreshToken: successor } });
    };
    let refreshed: RefreshedTokens;
    try {
      const expected = { issuer, sub: user.sub, nonce: tokens.nonce };
      const newest = unsaved.newest(session.id, refreshToken);
      refreshed = await provider.refresh(newest, expected, keepSuccessor);
      const complete = { ...refreshed, refreshToken: refreshed.refreshToken ?? newest };
      current = await save(current, mergeRecord(current.record, complete, options.clock()));
    } catch (error) {
      return settle(current, error);
    }
    unsaved.forget(session.id);
    backoff.succeeded(session.id);
    options.observe?.({ kind: 'refresh', outcome: 'succeeded' });
    return refreshed.accessToken;
  };
};
