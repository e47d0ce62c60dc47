import type { SignedOutReason } from '@foyer/contract';
import type { Observe } from '../logging/observation.ts';
import type { SessionStore } from '../stores/session-store.ts';
import type { Sessions } from './session.ts';
import type { SessionEvents } from './session-events.ts';
import { findSubjectSessions, subjectOf } from './session-list.ts';
import type { StoreIndex } from './store-index.ts';

/** The ways to end sessions without their cookie. */
export type SessionEnding = Pick<Sessions, 'end' | 'endByProvider' | 'endOwn' | 'endOthers'>;

/** Makes them. Whoever removes the record tells the others; those who come second tell nobody. */
export const createSessionEnding = (
  store: SessionStore,
  index: StoreIndex,
  events: SessionEvents,
  observe?: Observe,
): SessionEnding => {
  const end = async (id: string, reason: SignedOutReason): Promise<boolean> => {
    const wasThere = await store.remove(id);
    if (!wasThere) return false;
    observe?.({ kind: 'session_ended', reason });
    await events.publishEnded(id, reason);
    return true;
  };

  const endAll = async (ids: readonly string[], reason: SignedOutReason): Promise<number> =>
    (await Promise.all(ids.map((id) => end(id, reason)))).filter(Boolean).length;

  return {
    end,
    endByProvider: async ({ issuer, sub, sid }) => {
      if (sid !== undefined) {
        const digests = index.providerSessions({ issuer, value: sid });
        const found = await Promise.all(digests.map(async (digest) => store.findByProviderSession(digest)));
        return endAll(found.flat(), 'backchannel');
      }
      if (sub === undefined) return 0;
      const found = await findSubjectSessions(store, index, { issuer, value: sub });
      return endAll(
        found.map(({ id }) => id),
        'backchannel',
      );
    },
    endOwn: async (session, id) => {
      const own = await findSubjectSessions(store, index, subjectOf(session));
      return own.some((listed) => listed.id === id) && end(id, 'revoked');
    },
    endOthers: async (session) => {
      const own = await findSubjectSessions(store, index, subjectOf(session));
      return endAll(
        own.map(({ id }) => id).filter((id) => id !== session.id),
        'revoked',
      );
    },
  };
};
