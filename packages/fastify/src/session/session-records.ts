import type { ResolvedOptions } from '../options.ts';
import type { SessionStore, StoredSession } from '../stores/session-store.ts';
import { endsOf } from './session-limits.ts';
import { openRecord, type Session, type SessionRecord, sealRecord } from './session-record.ts';
import type { SessionReference, SessionReferences } from './session-reference.ts';
import { createDisplayName, createShownUser } from './user.ts';

/** What a new session is stored with beside its record. */
interface SessionLabels extends Pick<Session, 'provider' | 'clientId'> {
  readonly subject: string;
  readonly providerSession: string | undefined;
  readonly about: Uint8Array;
}

type Known = Pick<Session, 'provider' | 'clientId' | 'record' | 'user' | 'displayName'>;

/** A record as it was opened, and what it was opened from. */
interface OpenedRecord extends Known, Pick<Session, 'version'> {
  readonly sealed: Uint8Array;
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

/** Whom a record can be for. */
interface Audience extends Pick<Session, 'provider' | 'clientId'> {
  readonly text: string;
}

/** The issuer, however its URL is written, and the client: a record of another configuration does not open. */
const readAudience = ({ providerId, issuer, clientId }: ResolvedOptions): Audience => ({
  provider: providerId,
  clientId,
  text: JSON.stringify([issuer.replace(/\/\.well-known\/.*$/, '').replace(/\/$/, ''), clientId]),
});

const textFor = (audiences: readonly Audience[], provider: string): string => {
  const found = audiences.find((each) => each.provider === provider);
  if (found === undefined) throw new Error(`There is no provider ${provider}`);
  return found.text;
};

const showPerson = (
  record: SessionRecord,
  options: ResolvedOptions,
): Pick<Session, 'user' | 'displayName'> => {
  const user = createShownUser(record, options);
  return { user, displayName: createDisplayName(user) };
};

/** How much larger a record is in memory, with the ciphertext that it was opened from. */
const openedSize = 4;

/** Opens stored records. What was opened with a reference lasts as long as that does. */
const createOpener = (
  options: ResolvedOptions,
  audiences: readonly Audience[],
  { weigh }: Pick<SessionReferences, 'weigh'>,
) => {
  const openedWith = new WeakMap<SessionReference, OpenedRecord>();
  const open = (
    reference: SessionReference,
    { version, sealed }: StoredSession,
  ): OpenedRecord | undefined => {
    const known = openedWith.get(reference);
    if (sealed === undefined) return known;
    // Not by its version alone: a Redis that lost its last writes may have another record under the same one.
    if (known !== undefined && Buffer.compare(known.sealed, sealed) === 0) return known;
    for (const { provider, clientId, text } of audiences) {
      const record = openRecord(sealed, reference, text);
      if (record === undefined) continue;
      const opened = { provider, clientId, version, sealed, record, ...showPerson(record, options) };
      openedWith.set(reference, opened);
      weigh(reference, openedSize * sealed.length);
      return opened;
    }
    return undefined;
  };
  return { open, knownVersion: (reference: SessionReference) => openedWith.get(reference)?.version };
};

/** Makes the records over a store. */
export const createSessionRecords = (
  options: ResolvedOptions,
  store: SessionStore,
  references: Pick<SessionReferences, 'weigh'>,
): SessionRecords => {
  const audiences = options.providers.map((each) => readAudience(each.options));
  const { open, knownVersion } = createOpener(options, audiences, references);

  const create = (
    reference: SessionReference,
    { provider, clientId, record, user, displayName }: Known,
    { version, lastSeenAt }: Pick<Session, 'version' | 'lastSeenAt'>,
  ): Session => {
    const ends = endsOf(options, record, lastSeenAt);
    const { id } = reference;
    return { id, provider, clientId, user, displayName, record, version, lastSeenAt, ...ends, reference };
  };

  /** The store is asked each time whether what was opened is still so. */
  const read = async (reference: SessionReference): Promise<Session | undefined> => {
    const stored = await store.read(reference.id, knownVersion(reference));
    const opened = stored && open(reference, stored);
    if (stored === undefined || opened === undefined) return undefined;
    const session = create(reference, opened, stored);
    return options.clock() >= session.idleExpiresAt ? undefined : session;
  };

  return {
    insert: async (reference, record, { provider, clientId, ...labels }) => {
      const opened = { provider, clientId, record, ...showPerson(record, options) };
      const session = create(reference, opened, { version: 1, lastSeenAt: record.createdAt });
      const sealed = sealRecord(record, reference, textFor(audiences, provider));
      const { id, version, lastSeenAt, idleExpiresAt: expiresAt, expiresAt: lastsUntil } = session;
      await store.insert({ id, version, sealed, lastSeenAt, expiresAt, lastsUntil, ...labels });
      return session;
    },
    read,
    reread: async ({ reference }) => read(reference),
    save: async ({ id, provider, version, reference }, record) =>
      store.update(id, version, sealRecord(record, reference, textFor(audiences, provider))),
    extend: async (session) => {
      const lastSeenAt = options.clock();
      const extended = create(session.reference, session, { version: session.version, lastSeenAt });
      return (await store.touch(session.id, lastSeenAt, extended.idleExpiresAt)) ? extended : undefined;
    },
  };
};
