import type { AnonymousMe, ExpiringEvent, Me, SignedInMe, SignedOutReason, User } from '@foyer/contract';
import type { BffOrigin } from './bff-origin.ts';

/** A user is signed in. @see RFC 10017 section 6.1.2.1 */
export interface SignedInSnapshot<Claims = unknown> extends Omit<SignedInMe, 'authenticated' | 'user'> {
  readonly status: 'signed-in';
  readonly user: User & Claims;
  /** The limit that is about to be reached, and when. `refresh()` extends the idle limit. */
  readonly expiring?: ExpiringEvent;
}

/** No user is signed in. @see RFC 10017 section 6.1.2.1 */
export interface AnonymousSnapshot extends Omit<AnonymousMe, 'authenticated'> {
  readonly status: 'anonymous';
  /** Why the session that this page showed has ended, if the server reported it. */
  readonly reason?: SignedOutReason;
}

/** The current state of the session; views switch on `status`. @see RFC 10017 section 6.1.2.1 */
export type SessionSnapshot<Claims = unknown> =
  | { readonly status: 'loading' }
  | AnonymousSnapshot
  | SignedInSnapshot<Claims>
  | {
      readonly status: 'unreachable';
      /** The session as it was when the server last answered. */
      readonly last?: SignedInSnapshot<Claims>;
    };

/**
 * The signed-in session; during an outage, the one that the server last reported.
 *
 * @see RFC 10017 section 6.1.2.1
 */
export const lastSignedIn = <Claims = unknown>(
  snapshot: SessionSnapshot<Claims>,
): SignedInSnapshot<Claims> | undefined => {
  if (snapshot.status === 'unreachable') return snapshot.last;
  return snapshot.status === 'signed-in' ? snapshot : undefined;
};

/** Creates the snapshot of an answer of `/api/me`. */
export const createSnapshot = (me: Me, { link }: BffOrigin): SessionSnapshot => {
  if (!me.authenticated) return { status: 'anonymous', loginUrl: link(me.loginUrl) };
  const { user, displayName, session, logoutUrl } = me;
  return { status: 'signed-in', user, displayName, session, logoutUrl: link(logoutUrl) };
};

/** The snapshot with the reason why the session ended, if there is one. */
export const withReason = (
  snapshot: AnonymousSnapshot,
  reason: SignedOutReason | undefined,
): AnonymousSnapshot => (reason === undefined ? snapshot : { ...snapshot, reason });

/**
 * Copies into the next snapshot what is still valid of the one before: the reason why the session ended; during an outage,
 * the user; else the limit that is about to be reached, if it has not been extended.
 */
export const keepKnown = (before: SessionSnapshot, next: SessionSnapshot): SessionSnapshot => {
  if (before.status === 'anonymous')
    return next.status === 'anonymous' ? withReason(next, before.reason) : next;
  const last = lastSignedIn(before);
  if (last === undefined) return next;
  if (next.status === 'unreachable') return { ...next, last };
  const { expiring } = last;
  const isStillNear = next.status === 'signed-in' && expiring?.expiresAt === next.session.idleExpiresAt;
  return isStillNear ? { ...next, expiring } : next;
};

/** The public handle of the session; the empty string when no user is signed in, `undefined` while that is unknown. */
export const sessionOf = (snapshot: SessionSnapshot): string | undefined => {
  if (snapshot.status === 'anonymous') return '';
  return snapshot.status === 'signed-in' ? snapshot.session.id : undefined;
};

const core = (snapshot: SessionSnapshot): string =>
  JSON.stringify(
    snapshot.status === 'signed-in' ? { ...snapshot, session: { ...snapshot.session, now: '' } } : snapshot,
  );

/** Whether two snapshots look the same to a view, which does not show the server's time. */
export const isSameSnapshot = (one: SessionSnapshot, other: SessionSnapshot): boolean =>
  core(one) === core(other);
