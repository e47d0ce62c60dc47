import { setTimeout as wait } from 'node:timers/promises';
import { logEvent } from '../events.ts';
import type { Session } from '../session/live-session.ts';
import type { SessionRecord } from '../session/session-record.ts';
import { sessionExpired } from './refresh-outcome.ts';
import type { TokenContext } from './token-context.ts';

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

const rememberSuccessor = ({ unsaved }: TokenContext, { id, record }: Session, successor?: string): void => {
  const stored = record.tokens.refreshToken;
  if (stored !== undefined && successor !== undefined && successor !== stored)
    unsaved.set(id, { stored, successor });
};

/** The refresh token to use for a session: the newest one, where the store did not take it. */
export const newestRefreshToken = ({ unsaved }: TokenContext, sessionId: string, stored: string): string => {
  const kept = unsaved.get(sessionId);
  return kept?.stored === stored ? kept.successor : stored;
};

/** The old refresh token has been used: its successor is worth more than one try. */
const trySave = async (context: TokenContext, session: Session, record: SessionRecord): Promise<boolean> => {
  for (let tries = 1; ; tries += 1) {
    try {
      return await context.records.save(session, record);
    } catch (error) {
      if (tries === maxSaves) {
        rememberSuccessor(context, session, record.tokens.refreshToken);
        throw error;
      }
      await wait(100 * tries);
    }
  }
};

/**
 * Stores the record of a refresh, and returns the session with it.
 *
 * @throws RefreshSuperseded when it has changed since it was read; Problem `session_expired` when it ended meanwhile, and
 * then revokes the refresh token.
 */
export const keepRecord = async (
  context: TokenContext,
  session: Session,
  record: SessionRecord,
): Promise<Session> => {
  const { provider, records, log } = context;
  const isSaved = await trySave(context, session, record);
  const now = await records.reread(session);
  if (now === undefined) {
    const { refreshToken } = record.tokens;
    if (refreshToken !== undefined)
      provider
        .revoke(refreshToken)
        .catch((error: unknown) => logEvent(log, 'revocation_failed', { err: error }));
    throw sessionExpired('The session ended while its access token was refreshed');
  }
  if (!isSaved) throw new RefreshSuperseded(now);
  return now;
};
