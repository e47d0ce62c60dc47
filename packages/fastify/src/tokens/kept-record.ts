import { setTimeout as wait } from 'node:timers/promises';
import { logEvent } from '../events.ts';
import type { Session } from '../session/live-session.ts';
import type { SessionRecord } from '../session/session-record.ts';
import type { AccessTokenDependencies } from './access-token-dependencies.ts';
import { sessionExpired } from './refresh-outcome.ts';
import type { UnsavedSuccessors } from './unsaved-successors.ts';

/** Another process refreshed the session while this one did: what is stored first counts. */
export class RefreshSuperseded extends Error {
  override readonly name = 'RefreshSuperseded';
  readonly session: Session;

  constructor(session: Session) {
    super('Another process has refreshed the session');
    this.session = session;
  }
}

const maxSaves = 3;

/**
 * Stores the record of a refresh, and returns the session with it.
 *
 * @throws RefreshSuperseded when it has changed since it was read; Problem `session_expired` when it ended meanwhile, and
 * then revokes the refresh token.
 */
export type KeepRecord = (session: Session, record: SessionRecord) => Promise<Session>;

/** Makes what stores the records of refreshes. */
export const createKeepRecord = (
  { provider, records, log }: AccessTokenDependencies,
  unsaved: UnsavedSuccessors,
): KeepRecord => {
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

  return async (session, record) => {
    const isSaved = await trySave(session, record);
    const now = await records.reread(session);
    if (now === undefined) {
      if (record.tokens.refreshToken !== undefined) revoke(record.tokens.refreshToken);
      throw sessionExpired('The session ended while its access token was refreshed');
    }
    if (!isSaved) throw new RefreshSuperseded(now);
    return now;
  };
};
