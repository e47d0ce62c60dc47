/** A session as a store keeps it. Times are milliseconds since the epoch. @see docs/decisions/0003-sealed-reference.md */
export interface StoredSession {
  /** The session's public handle. */
  readonly id: string;
  /** 1 when inserted, one more with each `update`: the same version of a session is the same record. */
  readonly version: number;
  /** The record, encrypted with a key that the browser's cookie carries; `undefined` where the reader has this version. */
  readonly sealed: Uint8Array | undefined;
  readonly lastSeenAt: number;
  /** From when on the session is over; the store deletes it then or soon after, and never returns it. */
  readonly expiresAt: number;
}

/** What a store needs to know of a new session. @see docs/decisions/0003-sealed-reference.md */
export interface NewStoredSession extends StoredSession {
  readonly sealed: Uint8Array;
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
  readonly insert: (session: NewStoredSession) => Promise<void>;
  /** `undefined` when there is none, or when it is over. The record of `knownVersion` may be left out. */
  readonly read: (id: string, knownVersion?: number) => Promise<StoredSession | undefined>;
  /** Replaces the sealed record when the stored version is `expectedVersion`; says whether it did. */
  readonly update: (id: string, expectedVersion: number, sealed: Uint8Array) => Promise<boolean>;
  /** Moves the last-seen time and the end, neither of them back; never brings a removed session back. */
  readonly touch: (id: string, lastSeenAt: number, expiresAt: number) => Promise<boolean>;
  /** Says whether it was there: of several callers that remove a session, one gets `true`. */
  readonly remove: (id: string) => Promise<boolean>;
  readonly findBySubject: (subject: string) => Promise<readonly ListedSession[]>;
  readonly findByProviderSession: (providerSession: string) => Promise<readonly string[]>;
  /**
   * Remembers a one-time value until `expiresAt`; `true` for the first claim of it, on every process. Of several claims the
   * latest end and the greatest `note`, a whole number, stay.
   */
  readonly claim: (value: string, expiresAt: number, note?: number) => Promise<boolean>;
  /** Notes a greater whole number at a value that has been claimed; one that is forgotten by now stays so. */
  readonly noteClaim: (value: string, note: number) => Promise<void>;
  /** The note of a value that has been claimed and is still remembered, 0 where none was given; else `undefined`. */
  readonly readClaim: (value: string) => Promise<number | undefined>;
  /** Takes the lease of a session for `milliseconds`, or renews that of the same holder; `false` while another has it. */
  readonly acquireLease: (id: string, holder: string, milliseconds: number) => Promise<boolean>;
  /** Releases a lease; one that another holder has since taken is left alone. */
  readonly releaseLease: (id: string, holder: string) => Promise<void>;
  /** Sends a message to every process on this store, this one included, within a second. */
  readonly publish: (message: string) => Promise<void>;
  /**
   * Listens to `publish`; returns the way to stop. `missed` is called after a time in which messages may have been lost.
   */
  readonly subscribe: (listener: (message: string) => void, missed?: () => void) => () => void;
  /** How many sessions there are, for the metrics; expired ones may still be counted. */
  readonly count: () => Promise<number>;
  /** Throws when the store cannot be read and written. */
  readonly check: () => Promise<void>;
  /** The ioredis client of a store in Redis: what is counted there is one count for all replicas. */
  readonly redis?: object;
  readonly close: () => Promise<void>;
}
