import type { AnonymousMe, Me, SignedInMe } from '@foyer/contract';

/** What is known of the session right now; views switch on `status`. */
export type SessionSnapshot =
  | { readonly status: 'loading' }
  | ({ readonly status: 'anonymous' } & Omit<AnonymousMe, 'authenticated'>)
  | ({ readonly status: 'signed-in' } & Omit<SignedInMe, 'authenticated'>)
  | { readonly status: 'unreachable' };

/** The snapshot of an answer of `/api/me`. */
export const createSnapshot = (me: Me): SessionSnapshot => {
  if (!me.authenticated) return { status: 'anonymous', loginUrl: me.loginUrl };
  const { user, displayName, session, logoutUrl } = me;
  return { status: 'signed-in', user, displayName, session, logoutUrl };
};

const core = (snapshot: SessionSnapshot): string =>
  JSON.stringify(snapshot.status === 'signed-in' ? { ...snapshot, session: snapshot.session.id } : snapshot);

/** Whether two snapshots look the same to a view: moving time limits alone change nothing. */
export const isSameSnapshot = (one: SessionSnapshot, other: SessionSnapshot): boolean =>
  core(one) === core(other);
