import type { SignedOutReason } from '@foyer/contract';
import type { Observe } from '../logging/observation.ts';
import type { ListedSession, SessionStore } from '../stores/session-store.ts';
import type { AnnouncedLogout, NamedLogout, RecentLogouts } from './recent-logouts.ts';
import type { SessionEvents } from './session-events.ts';
import type { Session } from './session-record.ts';
import type { SessionReferences } from './session-reference.ts';
import { type IndexClient, type IndexTarget, type StoreIndex, subjectOf } from './store-index.ts';

/** The sessions that an operator means: all of a person, those of a session at the provider, or one by its public handle. */
export type NamedSessions = { readonly sub: string } | { readonly sid: string } | { readonly id: string };

/** The ways to end sessions without their cookie. */
export interface SessionEnding {
  /** Ends a session by its id on every process; `false` when it was over already. */
  readonly end: (id: string, reason: SignedOutReason) => Promise<boolean>;
  /** `sid` ends that provider session, `sub` alone ends all of the subject. Returns how many ended. */
  readonly endByProvider: (logout: NamedLogout) => Promise<number>;
  /** The same, logins that are being finished included. */
  readonly endAnnounced: (logout: AnnouncedLogout) => Promise<number>;
  /** Ends one session of this session's user; `false` when it is not theirs or is over. */
  readonly endOwn: (session: Session, id: string) => Promise<boolean>;
  /** Ends all sessions of this session's user but this one. Returns how many ended. */
  readonly endOthers: (session: Session) => Promise<number>;
  /** Ends what an operator names, at any of these clients, logins that are being finished included. Returns how many ended. */
  readonly endNamed: (named: NamedSessions, clients: readonly IndexClient[]) => Promise<number>;
  /** How many sessions a subject has, at any of these clients. */
  readonly countOf: (sub: string, clients: readonly IndexClient[]) => Promise<number>;
  /** The stored sessions of this session's user. */
  readonly findOwn: (session: Session) => Promise<readonly ListedSession[]>;
}

/** What ends sessions, and what is informed of it. */
export interface SessionEndingDependencies {
  readonly store: SessionStore;
  readonly index: StoreIndex;
  readonly events: SessionEvents;
  readonly references: Pick<SessionReferences, 'forget'>;
  readonly recentLogouts: RecentLogouts;
  readonly observe: Observe | undefined;
}

const createSearch = ({ store, index }: SessionEndingDependencies) => {
  const findBySubject = async (target: IndexTarget): Promise<readonly ListedSession[]> =>
    (await Promise.all(index.subject(target).map((subject) => store.findBySubject(subject)))).flat();
  return {
    findOwn: (session: Session) => findBySubject(subjectOf(session)),
    findIds: async ({ issuer, clientId, sub, sid }: NamedLogout): Promise<readonly string[]> => {
      if (sid !== undefined) {
        const digests = index.providerSession({ issuer, clientId, value: sid });
        return (await Promise.all(digests.map((digest) => store.findByProviderSession(digest)))).flat();
      }
      if (sub === undefined) return [];
      return (await findBySubject({ issuer, clientId, value: sub })).map(({ id }) => id);
    },
  };
};

/** Makes the ways to end sessions. */
export const createSessionEnding = (dependencies: SessionEndingDependencies): SessionEnding => {
  const { store, events, references, recentLogouts, observe } = dependencies;
  const { findOwn, findIds } = createSearch(dependencies);

  /** Only the caller that deleted the record publishes the end of the session. */
  const end: SessionEnding['end'] = async (id, reason) => {
    references.forget(id);
    if (!(await store.remove(id))) return false;
    observe?.({ kind: 'session_ended', reason });
    await events.publishEnded(id, reason);
    return true;
  };
  const endAll = async (ids: readonly string[], reason: SignedOutReason): Promise<number> =>
    (await Promise.all(ids.map((id) => end(id, reason)))).filter(Boolean).length;
  const endByProvider: SessionEnding['endByProvider'] = async (logout) =>
    endAll(await findIds(logout), 'backchannel');

  return {
    end,
    endByProvider,
    endAnnounced: async (logout) => {
      await recentLogouts.remember(logout);
      return endByProvider(logout);
    },
    endNamed: async (named, clients) => {
      if ('id' in named) return endAll([named.id], 'revoked');
      const logouts = clients.map((client) => ({ ...client, ...named }));
      for (const logout of logouts) await recentLogouts.rememberEnding(logout);
      return endAll((await Promise.all(logouts.map(findIds))).flat(), 'revoked');
    },
    countOf: async (sub, clients) =>
      (await Promise.all(clients.map((client) => findIds({ ...client, sub })))).flat().length,
    endOwn: async (session, id) =>
      (await findOwn(session)).some((listed) => listed.id === id) && end(id, 'revoked'),
    endOthers: async (session) => {
      const others = (await findOwn(session)).filter(({ id }) => id !== session.id);
      return endAll(
        others.map(({ id }) => id),
        'revoked',
      );
    },
    findOwn,
  };
};
