import type { AnonymousMe, ExpiringEvent, Me, SignedInMe } from '@foyer/contract';
import type { BffOrigin } from './bff-origin.ts';

/** What is known of the session right now; views switch on `status`. */
export type SessionSnapshot =
  | { readonly status: 'loading' }
  | ({ readonly status: 'anonymous' } & Omit<AnonymousMe, 'authenticated'>)
  | ({
      readonly status: 'signed-in';
      /** Which limit is near, and when it is reached: `refresh()` moves the idle one. */
      readonly expiring?: ExpiringEvent;
    } & Omit<SignedInMe, 'authenticated'>)
  | { readonly status: 'unreachable' };

/** The snapshot of an answer of `/api/me`. */
export const createSnapshot = (me: Me, { link }: BffOrigin): SessionSnapshot => {
  if (!me.authenticated) return { status: 'anonymous', loginUrl: link(me.loginUrl) };
  const { user, displayName, session, logoutUrl } = me;
  return { status: 'signed-in', user, displayName, session, logoutUrl: link(logoutUrl) };
};

/** What is near stays near until an answer shows that the limit has moved. */
export const keepExpiring = (before: SessionSnapshot, next: SessionSnapshot): SessionSnapshot => {
  if (before.status !== 'signed-in' || next.status !== 'signed-in') return next;
  const { expiring } = before;
  return expiring?.expiresAt === next.session.idleExpiresAt ? { ...next, expiring } : next;
};

const core = (snapshot: SessionSnapshot): string =>
  JSON.stringify(
    snapshot.status === 'signed-in' ? { ...snapshot, session: { ...snapshot.session, now: '' } } : snapshot,
  );

/** Whether two snapshots look the same to a view: the server's time alone changes nothing. */
export const isSameSnapshot = (one: SessionSnapshot, other: SessionSnapshot): boolean =>
  core(one) === core(other);
