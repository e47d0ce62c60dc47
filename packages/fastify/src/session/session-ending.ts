import type { SignedOutReason } from '@foyer/contract';
import type { Observe } from '../logging/observation.ts';
import type { SessionStore } from '../stores/session-store.ts';
import type { AnnouncedLogout, RecentLogouts } from './recent-logouts.ts';
import type { SessionEvents } from './session-events.ts';
import type { IndexClient, NamedLogout, SessionSearch } from './session-list.ts';
import type { Session } from './session-record.ts';
import type { SessionReferences } from './session-reference.ts';

/** The sessions that an operator means: all of a person, those of a session at the provider, or one by its public handle. */
export type NamedSessions = { readonly sub: string } | { readonly sid: string } | { readonly id: string };

/** The ways to end sessions without their cookie. Those that end several return how many ended. */
export interface SessionEnding {
  /** Ends a session by its id on every process; `false` when it was over already. */
  readonly end: (id: string, reason: SignedOutReason) => Promise<boolean>;
  /** `sid` ends that provider session, `sub` alone ends all of the subject. */
  readonly endByProvider: (logout: NamedLogout) => Promise<number>;
  /** The same, logins that are being finished included. */
  readonly endAnnounced: (logout: AnnouncedLogout) => Promise<number>;
  /** Ends one session of this session's user; `false` when it is not theirs or is over. */
  readonly endOwn: (session: Session, id: string) => Promise<boolean>;
  /** Ends all sessions of this session's user but this one. */
  readonly endOthers: (session: Session) => Promise<number>;
  /** Ends what an operator names, at any of these clients, logins that are being finished included. */
  readonly endNamed: (named: NamedSessions, clients: readonly IndexClient[]) => Promise<number>;
  /** How many sessions a subject has, at any of these clients. */
  readonly countOf: (sub: string, clients: readonly IndexClient[]) => Promise<number>;
}

/** What ends sessions, and what is informed of it. */
interface SessionEndingDependencies {
  readonly store: SessionStore;
  readonly search: SessionSearch;
  readonly events: SessionEvents;
  readonly references: Pick<SessionReferences, 'forget'>;
  readonly recentLogouts: RecentLogouts;
  readonly observe: Observe | undefined;
}

/** Makes the ways to end sessions. */
export const createSessionEnding = (dependencies: SessionEndingDependencies): SessionEnding => {
  const { store, search, events, references, recentLogouts, observe } = dependencies;

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
    endAll(await search.findIds(logout), 'backchannel');
  const findAll = async (logouts: readonly NamedLogout[]): Promise<readonly string[]> =>
    (await Promise.all(logouts.map(search.findIds))).flat();
  const findOwn = ({ clientId, record: { issuer, user } }: Session): Promise<readonly string[]> =>
    search.findIds({ issuer, clientId, sub: user.sub });

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
      return endAll(await findAll(logouts), 'revoked');
    },
    countOf: async (sub, clients) => (await findAll(clients.map((client) => ({ ...client, sub })))).length,
    endOwn: async (session, id) => (await findOwn(session)).includes(id) && end(id, 'revoked'),
    endOthers: async (session) => {
      const others = (await findOwn(session)).filter((id) => id !== session.id);
      return endAll(others, 'revoked');
    },
  };
};
