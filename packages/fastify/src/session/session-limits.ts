import type { ResolvedOptions } from '../options.ts';
import type { Claims } from '../provider/provider.ts';
import type { Session } from './live-session.ts';
import type { SessionRecord } from './session-record.ts';

/** When a session ends by itself, milliseconds since the epoch. */
interface SessionEnds {
  /** The idle limit, which moves with use, but never beyond the absolute one. */
  readonly idleExpiresAt: number;
  /** The absolute limit. */
  readonly expiresAt: number;
}

/** The idle and the absolute limit of sessions. @see OWASP ASVS 5.0 V7.3 */
export interface SessionLimits {
  /** The absolute limit of a session that is opened at `createdAt`. */
  readonly absoluteEnd: (createdAt: number) => number;
  /** Both limits of a session; a lifetime that was shortened since it was opened holds for it too. */
  readonly endsOf: (
    record: Pick<SessionRecord, 'createdAt' | 'expiresAt'>,
    lastSeenAt: number,
  ) => SessionEnds;
  readonly isOver: (session: SessionEnds) => boolean;
  /** Whether use is to be written: at most once in a minute, or in a tenth of a shorter idle time. */
  readonly isUseToBeWritten: (session: Pick<Session, 'lastSeenAt'>) => boolean;
}

/** When the provider wants the session over by the ID token, milliseconds since the epoch. @see IPSIE SL1 */
export const providerEnd = ({ session_expiry: expiry }: Claims): number =>
  typeof expiry === 'number' ? expiry * 1000 : Number.POSITIVE_INFINITY;

const longestWriteIntervalMs = 60_000;

/** Makes the limits of the options, in whole milliseconds, as stores keep them. */
export const createSessionLimits = ({
  clock,
  sessionIdleTimeout,
  sessionLifetime,
}: Pick<ResolvedOptions, 'clock' | 'sessionIdleTimeout' | 'sessionLifetime'>): SessionLimits => {
  const idleMs = Math.round(sessionIdleTimeout * 1000);
  const lifetimeMs = Math.round(sessionLifetime * 1000);
  const writeIntervalMs = Math.min(longestWriteIntervalMs, idleMs / 10);
  const absoluteEnd = (createdAt: number): number => createdAt + lifetimeMs;
  return {
    absoluteEnd,
    endsOf: (record, lastSeenAt) => {
      const expiresAt = Math.min(record.expiresAt, absoluteEnd(record.createdAt));
      return { idleExpiresAt: Math.min(lastSeenAt + idleMs, expiresAt), expiresAt };
    },
    isOver: ({ idleExpiresAt }) => clock() >= idleExpiresAt,
    isUseToBeWritten: ({ lastSeenAt }) => clock() - lastSeenAt >= writeIntervalMs,
  };
};
