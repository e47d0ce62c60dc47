import type { SignedOutReason } from '@foyer/contract';
import type { Observe } from '../logging/observation.ts';
import type { ListedSession, SessionStore } from '../stores/session-store.ts';
import type { Session } from './live-session.ts';
import type { SessionEvents } from './session-events.ts';
import type { SessionReferences } from './session-reference.ts';
import { type IndexTarget, type StoreIndex, subjectOf } from './store-index.ts';

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

  return {
    end,
    endByProvider: async ({ issuer, clientId, sub, sid }) => {
      if (sid !== undefined) {
        const digests = index.providerSessions({ issuer, clientId, value: sid });
        const found = await Promise.all(digests.map((digest) => store.findByProviderSession(digest)));
        return endAll(found.flat(), 'backchannel');
      }
      if (sub === undefined) return 0;
      const found = await findBySubject({ issuer, clientId, value: sub });
      return endAll(
        found.map(({ id }) => id),
        'backchannel',
      );
    },
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
