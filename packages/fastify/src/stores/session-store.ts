/** A value, now or later: a local store answers at once and spares the hot path a turn of the event loop. */
export type Eventually<T> = T | Promise<T>;

/** What a store knows of a session beside its record. Times are milliseconds since the epoch. */
export interface StoredState {
  /** 1 when inserted, one more with each `update`: the same version of a session is the same record. */
  readonly version: number;
  readonly lastSeenAt: number;
  /** From when on the session is over; the store forgets it then or soon after, and never returns it. */
  readonly expiresAt: number;
}

/** A session as a store keeps it. @see docs/decisions/0003-sealed-reference.md */
export interface StoredSession extends StoredState {
  /** The session's public handle. */
  readonly id: string;
  /** The record, encrypted with a key that only the browser's cookie carries. */
  readonly sealed: Uint8Array;
}

/** What a store needs to know of a new session. @see docs/decisions/0003-sealed-reference.md */
export interface NewStoredSession extends StoredSession {
  /** The latest that the session can end, however often it is touched. */
  readonly lastsUntil: number;
  /** Keyed digest of issuer, client and subject. */
  readonly subject: string;
  /** Keyed digest of issuer, client and the provider's `sid`, where the ID token had one. */
  readonly providerSession: string | undefined;
  /** When and with what it was opened, sealed for the user's other sessions to list. */
  readonly about: Uint8Array;
}

/** A session in the list of a subject. @see OWASP ASVS 5.0 V7.5 */
export interface ListedSession {
  readonly id: string;
  readonly about: Uint8Array;
  readonly lastSeenAt: number;
}

/**
 * Where sessions are kept. Every operation is atomic; a session that was removed stays removed, whatever
 * was under way. A store that cannot be reached throws within a second; nothing is queued.
 *
 * @see docs/decisions/0003-sealed-reference.md
 */
export interface SessionStore {
  readonly insert: (session: NewStoredSession) => Eventually<void>;
  /** `undefined` when there is none, or when it is over. */
  readonly read: (id: string) => Eventually<StoredSession | undefined>;
  /** The same without the record, for those who have opened it before; as fresh as `read`. */
  readonly readState: (id: string) => Eventually<StoredState | undefined>;
  /** Replaces the sealed record when the stored version is `expectedVersion`; says whether it did. */
  readonly update: (id: string, expectedVersion: number, sealed: Uint8Array) => Eventually<boolean>;
  /** Moves the last-seen time and the end, neither of them back; never brings a removed session back. */
  readonly touch: (id: string, lastSeenAt: number, expiresAt: number) => Eventually<boolean>;
  /** Says whether it was there: of several who remove a session, one is told `true`. */
  readonly remove: (id: string) => Eventually<boolean>;
  readonly findBySubject: (subject: string) => Eventually<readonly ListedSession[]>;
  readonly findByProviderSession: (providerSession: string) => Eventually<readonly string[]>;
  /** Remembers a one-time value until `expiresAt`; `true` for the first who claims it, on every process. */
  readonly claim: (value: string, expiresAt: number) => Eventually<boolean>;
  /** Whether somebody has claimed a value that is still remembered. */
  readonly isClaimed: (value: string) => Eventually<boolean>;
  /** Takes the lease of a session for `milliseconds`, or renews that of the same holder; `false` while another has it. */
  readonly acquireLease: (id: string, holder: string, milliseconds: number) => Eventually<boolean>;
  /** Gives a lease back; one that another holder has since taken is left alone. */
  readonly releaseLease: (id: string, holder: string) => Eventually<void>;
  /** Tells every process on this store, this one included, within a second. */
  readonly publish: (message: string) => Eventually<void>;
  /** Listens to `publish`; gives back the way to stop. `missed` is told after a time in which messages were lost. */
  readonly subscribe: (listener: (message: string) => void, missed?: () => void) => () => void;
  /** How many sessions there are, for the metrics; expired ones may still be counted. */
  readonly count: () => Eventually<number>;
  /** Throws when the store cannot be read and written. */
  readonly check: () => Eventually<void>;
  readonly close: () => Promise<void>;
}
