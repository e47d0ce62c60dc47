import type { AnonymousMe, ExpiringEvent, Me, SignedInMe, SignedOutReason } from '@foyer/contract';
import type { BffOrigin } from './bff-origin.ts';

/** Somebody is signed in. @see RFC 10017 section 6.1.2.1 */
export interface SignedInSnapshot extends Omit<SignedInMe, 'authenticated'> {
  readonly status: 'signed-in';
  /** Which limit is near, and when it is reached: `refresh()` moves the idle one. */
  readonly expiring?: ExpiringEvent;
}

/** Nobody is signed in. @see RFC 10017 section 6.1.2.1 */
export interface AnonymousSnapshot extends Omit<AnonymousMe, 'authenticated'> {
  readonly status: 'anonymous';
  /** Why the session that this page knew has ended, where the server said so. */
  readonly reason?: SignedOutReason;
}

/** What is known of the session right now; views switch on `status`. @see RFC 10017 section 6.1.2.1 */
export type SessionSnapshot =
  | { readonly status: 'loading' }
  | AnonymousSnapshot
  | SignedInSnapshot
  | {
      readonly status: 'unreachable';
      /** Who was signed in when the server last answered. */
      readonly last?: SignedInSnapshot;
    };

/**
 * Who is signed in, or was when the server last answered: an outage signs nobody out.
 *
 * @see RFC 10017 section 6.1.2.1
 */
export const lastSignedIn = (snapshot: SessionSnapshot): SignedInSnapshot | undefined => {
  if (snapshot.status === 'unreachable') return snapshot.last;
  return snapshot.status === 'signed-in' ? snapshot : undefined;
};

/** The snapshot of an answer of `/api/me`. */
export const createSnapshot = (me: Me, { link }: BffOrigin): SessionSnapshot => {
  if (!me.authenticated) return { status: 'anonymous', loginUrl: link(me.loginUrl) };
  const { user, displayName, session, logoutUrl } = me;
  return { status: 'signed-in', user, displayName, session, logoutUrl: link(logoutUrl) };
};

/** The same snapshot with the reason why the session ended, where there is one. */
export const withReason = (
  snapshot: AnonymousSnapshot,
  reason: SignedOutReason | undefined,
): AnonymousSnapshot => (reason === undefined ? snapshot : { ...snapshot, reason });

/**
 * What the next snapshot keeps of the one before: the reason why the session ended, in an outage the user, else a limit
 * that has not moved.
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

/** The public handle of the session, the empty text for nobody's, `undefined` while it is not known. */
export const sessionOf = (snapshot: SessionSnapshot): string | undefined => {
  if (snapshot.status === 'anonymous') return '';
  return snapshot.status === 'signed-in' ? snapshot.session.id : undefined;
};

const core = (snapshot: SessionSnapshot): string =>
  JSON.stringify(
    snapshot.status === 'signed-in' ? { ...snapshot, session: { ...snapshot.session, now: '' } } : snapshot,
  );

/** Whether two snapshots look the same to a view: the server's time alone changes nothing. */
export const isSameSnapshot = (one: SessionSnapshot, other: SessionSnapshot): boolean =>
  core(one) === core(other);
