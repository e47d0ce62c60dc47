import type { ResolvedOptions } from '../options.ts';
import type { Claims } from '../provider/provider.ts';
import type { Session, SessionRecord } from './session-record.ts';

type LimitOptions = Pick<ResolvedOptions, 'clock' | 'sessionIdleTimeout' | 'sessionLifetime'>;

/** When the provider wants the session over by the ID token, milliseconds since the epoch. @see IPSIE SL1 */
export const providerEnd = ({ session_expiry: expiry }: Claims): number =>
  typeof expiry === 'number' ? expiry * 1000 : Number.POSITIVE_INFINITY;

/** The absolute limit of a session that is opened at `createdAt`; in whole milliseconds, as stores keep it. */
export const absoluteEnd = ({ sessionLifetime }: LimitOptions, createdAt: number): number =>
  createdAt + Math.round(sessionLifetime * 1000);

/**
 * Both limits of a session. The idle one moves with use, but never beyond the absolute one; a lifetime that was shortened
 * since the session was opened holds for it too.
 *
 * @see OWASP ASVS 5.0 V7.3
 */
export const endsOf = (
  options: LimitOptions,
  record: Pick<SessionRecord, 'createdAt' | 'expiresAt'>,
  lastSeenAt: number,
): Pick<Session, 'idleExpiresAt' | 'expiresAt'> => {
  const expiresAt = Math.min(record.expiresAt, absoluteEnd(options, record.createdAt));
  const idleEnd = lastSeenAt + Math.round(options.sessionIdleTimeout * 1000);
  return { idleExpiresAt: Math.min(idleEnd, expiresAt), expiresAt };
};

const longestWriteIntervalMs = 60_000;

/** Whether use is to be written: at most once in a minute, or in a tenth of a shorter idle time. */
export const isUseToBeWritten = (
  { clock, sessionIdleTimeout }: LimitOptions,
  { lastSeenAt }: Pick<Session, 'lastSeenAt'>,
): boolean => clock() - lastSeenAt >= Math.min(longestWriteIntervalMs, sessionIdleTimeout * 100);
