import type { ResolvedOptions } from '../options.ts';
import type { Eventually, SessionStore, StoredState } from '../stores/session-store.ts';
import { createDisplayName } from './display-name.ts';
import type { Session } from './session.ts';
import { openRecord, type SessionRecord, sealRecord } from './session-record.ts';
import type { SessionReference } from './session-reference.ts';

/** What a new session is stored with beside its record. */
interface SessionLabels {
  readonly subject: string;
  readonly providerSession: string | undefined;
  readonly about: Uint8Array;
}

/**
 * Records in the store, and those that are open with their keys. A record is opened once a version for as long
 * as its reference is remembered; whether it still lives is asked of the store at every read.
 */
export interface SessionVault {
  readonly insert: (
    reference: SessionReference,
    record: SessionRecord,
    labels: SessionLabels,
  ) => Promise<Session>;
  /** The live session of a reference; `undefined` when it is over or belongs to another configuration. */
  readonly read: (reference: SessionReference) => Eventually<Session | undefined>;
  /** The session as it is now. */
  readonly reread: (session: Session) => Promise<Session | undefined>;
  /** Whether the idle time is to be extended: it is written at most once in a tenth of it or a minute. */
  readonly isToSlide: (session: Session) => boolean;
  /** Replaces the record unless it has changed or gone since it was read. */
  readonly save: (session: Session, record: SessionRecord) => Promise<boolean>;
  /** Extends the idle time; `undefined` when the session is over. */
  readonly slide: (session: Session) => Promise<Session | undefined>;
}

const readAudience = ({ issuer, clientId }: ResolvedOptions): string =>
  JSON.stringify([issuer.replace(/\/\.well-known\/.*$/, '').replace(/\/$/, ''), clientId]);

interface OpenedRecord {
  readonly record: SessionRecord;
  readonly version: number;
  /** The session as it was read last: the same for as long as the store says the same. */
  session: Session;
}

/** Bytes of the largest record that is kept open: a thousand of them have to fit into memory. */
const largestKept = 16 * 1024;

/** Makes the vault over a store. */
export const createSessionVault = (options: ResolvedOptions, store: SessionStore): SessionVault => {
  const { clock } = options;
  // Stores keep whole milliseconds.
  const idle = Math.round(options.sessionIdleTimeout * 1000);
  const lifetime = Math.round(options.sessionLifetime * 1000);
  const slideInterval = Math.min(60_000, idle / 10);
  const audience = readAudience(options);
  const references = new WeakMap<Session, SessionReference>();
  const opened = new WeakMap<SessionReference, OpenedRecord>();

  const create = (
    reference: SessionReference,
    record: SessionRecord,
    { version, lastSeenAt }: Pick<StoredState, 'version' | 'lastSeenAt'>,
  ): Session => {
    const expiresAt = Math.min(record.expiresAt, record.createdAt + lifetime);
    const session: Session = {
      id: reference.id,
      user: record.user,
      displayName: createDisplayName(record.user),
      record,
      version,
      lastSeenAt,
      idleExpiresAt: Math.min(lastSeenAt + idle, expiresAt),
      expiresAt,
    };
    references.set(session, reference);
    return session;
  };

  const living = (session: Session): Session | undefined =>
    clock() < session.idleExpiresAt ? session : undefined;

  const readSealed = async (reference: SessionReference): Promise<Session | undefined> => {
    const answer = store.read(reference.id);
    const stored = answer instanceof Promise ? await answer : answer;
    if (stored === undefined) return undefined;
    const record = openRecord(stored.sealed, reference, audience);
    if (record === undefined) return undefined;
    const session = create(reference, record, stored);
    if (stored.sealed.length <= largestKept)
      opened.set(reference, { record, version: stored.version, session });
    return living(session);
  };

  const read = (reference: SessionReference): Eventually<Session | undefined> => {
    const known = opened.get(reference);
    if (known === undefined) return readSealed(reference);
    const judge = (state: StoredState | undefined): Eventually<Session | undefined> => {
      if (state?.version === known.version) {
        if (state.lastSeenAt !== known.session.lastSeenAt)
          known.session = create(reference, known.record, state);
        return living(known.session);
      }
      opened.delete(reference);
      return state === undefined ? undefined : readSealed(reference);
    };
    const state = store.readState(reference.id);
    return state instanceof Promise ? state.then(judge) : judge(state);
  };

  const referenceOf = (session: Session): SessionReference => {
    const reference = references.get(session);
    if (reference === undefined) throw new TypeError('Not a session that these sessions gave out');
    return reference;
  };

  return {
    insert: async (reference, record, labels) => {
      const session = create(reference, record, { version: 1, lastSeenAt: record.createdAt });
      const sealed = sealRecord(record, reference, audience);
      const { id, version, lastSeenAt, idleExpiresAt: expiresAt, expiresAt: lastsUntil } = session;
      await store.insert({ id, version, sealed, lastSeenAt, expiresAt, lastsUntil, ...labels });
      return session;
    },
    read,
    reread: async (session) => read(referenceOf(session)),
    isToSlide: ({ lastSeenAt }) => clock() - lastSeenAt >= slideInterval,
    save: async (session, record) =>
      store.update(session.id, session.version, sealRecord(record, referenceOf(session), audience)),
    slide: async (session) => {
      const now = clock();
      const slid = create(referenceOf(session), session.record, {
        version: session.version,
        lastSeenAt: now,
      });
      return (await store.touch(session.id, now, slid.idleExpiresAt)) ? slid : undefined;
    },
  };
};
