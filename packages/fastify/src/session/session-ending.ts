import type { SignedOutReason } from '@foyer/contract';
import type { Observe } from '../logging/observation.ts';
import type { ListedSession, SessionStore } from '../stores/session-store.ts';
import type { Session } from './live-session.ts';
import type { SessionEvents } from './session-events.ts';
import type { SessionReferences } from './session-reference.ts';
import { type IndexClient, type IndexTarget, type StoreIndex, subjectOf } from './store-index.ts';

/** The sessions that an operator means: all of a person, those of a session at the provider, or one by its public handle. */
export type NamedSessions = { readonly sub: string } | { readonly sid: string } | { readonly id: string };

/** The ways to end sessions without their cookie. */
export interface SessionEnding {
  /** Ends a session by its id on every process; `false` when it was over already. */
  readonly end: (id: string, reason: SignedOutReason) => Promise<boolean>;
  /**
   * Back-channel logout: `sid` ends that provider session, `sub` alone ends all of the subject; both: by `sid`. Returns
   * how many ended.
   */
  readonly endByProvider: (target: {
    readonly issuer: string;
    readonly clientId: string;
    readonly sub?: string | undefined;
    readonly sid?: string | undefined;
  }) => Promise<number>;
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
  readonly observe: Observe | undefined;
}

/** Only the caller that deleted the record publishes the end of the session. */
const createEnd =
  ({ store, events, references, observe }: SessionEndingDependencies): SessionEnding['end'] =>
  async (id, reason) => {
    references.forget(id);
    if (!(await store.remove(id))) return false;
    observe?.({ kind: 'session_ended', reason });
    await events.publishEnded(id, reason);
    return true;
  };

/** Makes the ways to end sessions. */
export const createSessionEnding = (dependencies: SessionEndingDependencies): SessionEnding => {
  const { store, index } = dependencies;
  const end = createEnd(dependencies);

  const endAll = async (ids: readonly string[], reason: SignedOutReason): Promise<number> =>
    (await Promise.all(ids.map((id) => end(id, reason)))).filter(Boolean).length;

  const findBySubject = async (target: IndexTarget): Promise<readonly ListedSession[]> =>
    (await Promise.all(index.subjects(target).map((subject) => store.findBySubject(subject)))).flat();

  const findOwn = (session: Session): Promise<readonly ListedSession[]> => findBySubject(subjectOf(session));

  const findIds = async (
    client: IndexClient,
    { sub, sid }: { sub?: string | undefined; sid?: string | undefined },
  ) => {
    if (sid !== undefined) {
      const digests = index.providerSessions({ ...client, value: sid });
      return (await Promise.all(digests.map((digest) => store.findByProviderSession(digest)))).flat();
    }
    if (sub === undefined) return [];
    return (await findBySubject({ ...client, value: sub })).map(({ id }) => id);
  };

  return {
    end,
    endByProvider: async ({ issuer, clientId, sub, sid }) =>
      endAll(await findIds({ issuer, clientId }, { sub, sid }), 'backchannel'),
    endNamed: async (named, clients) => {
      if ('id' in named) return endAll([named.id], 'revoked');
      const found = await Promise.all(clients.map((client) => findIds(client, named)));
      return endAll(found.flat(), 'revoked');
    },
    countOf: async (sub, clients) =>
      (await Promise.all(clients.map((client) => findIds(client, { sub })))).flat().length,
    endOwn: async (session, id) =>
      (await findOwn(session)).some((listed) => listed.id === id) && end(id, 'revoked'),
    endOthers: async (session) => {
      const ids = (await findOwn(session)).map(({ id }) => id);
      return endAll(
        ids.filter((id) => id !== session.id),
        'revoked',
      );
    },
    findOwn,
  };
};
