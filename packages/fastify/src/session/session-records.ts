import type { ResolvedOptions } from '../options.ts';
import type { SessionStore } from '../stores/session-store.ts';
import { createDisplayName } from './display-name.ts';
import type { Session } from './live-session.ts';
import { createSessionLimits } from './session-limits.ts';
import { openRecord, type SessionRecord, sealRecord } from './session-record.ts';
import type { SessionReference } from './session-reference.ts';

/** What a new session is stored with beside its record. */
interface SessionLabels {
  readonly subject: string;
  readonly providerSession: string | undefined;
  readonly about: Uint8Array;
}

/** The records of live sessions in the store: opened with the key of a reference, and written with it. */
export interface SessionRecords {
  readonly insert: (
    reference: SessionReference,
    record: SessionRecord,
    labels: SessionLabels,
  ) => Promise<Session>;
  /** The live session of a reference; `undefined` when it is over or belongs to another configuration. */
  readonly read: (reference: SessionReference) => Promise<Session | undefined>;
  /** The session as the store has it now; extends nothing. */
  readonly reread: (session: Session) => Promise<Session | undefined>;
  /** Replaces the record unless it has changed or gone since it was read. */
  readonly save: (session: Session, record: SessionRecord) => Promise<boolean>;
  /** Extends the idle time; `undefined` when the session is over. */
  readonly extend: (session: Session) => Promise<Session | undefined>;
}

/** The issuer, however its URL is written, and the client: a record of another configuration does not open. */
const readAudience = ({ issuer, clientId }: ResolvedOptions): string =>
  JSON.stringify([issuer.replace(/\/\.well-known\/.*$/, '').replace(/\/$/, ''), clientId]);

/** Makes the records over a store. */
export const createSessionRecords = (options: ResolvedOptions, store: SessionStore): SessionRecords => {
  const limits = createSessionLimits(options);
  const audience = readAudience(options);

  const create = (
    reference: SessionReference,
    record: SessionRecord,
    { version, lastSeenAt }: Pick<Session, 'version' | 'lastSeenAt'>,
  ): Session => ({
    id: reference.id,
    user: record.user,
    displayName: createDisplayName(record.user),
    record,
    version,
    lastSeenAt,
    ...limits.endsOf(record, lastSeenAt),
    reference,
  });

  const read = async (reference: SessionReference): Promise<Session | undefined> => {
    const stored = await store.read(reference.id);
    const record = stored && openRecord(stored.sealed, reference, audience);
    if (stored === undefined || record === undefined) return undefined;
    const session = create(reference, record, stored);
    return limits.isOver(session) ? undefined : session;
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
    reread: async ({ reference }) => read(reference),
    save: async ({ id, version, reference }, record) =>
      store.update(id, version, sealRecord(record, reference, audience)),
    extend: async ({ id, version, reference, record }) => {
      const lastSeenAt = options.clock();
      const extended = create(reference, record, { version, lastSeenAt });
      return (await store.touch(id, lastSeenAt, extended.idleExpiresAt)) ? extended : undefined;
    },
  };
};
