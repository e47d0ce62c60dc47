import type { SessionSummary, SignedOutReason, User } from '@foyer/contract';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { CompletedLogin } from '../provider/provider.ts';
import type { SessionRecord } from './session-record.ts';

/** A live session, as one request sees it. Times are milliseconds since the epoch. */
export interface Session {
  /** The public handle. */
  readonly id: string;
  readonly user: User;
  readonly displayName: string;
  readonly record: SessionRecord;
  /** Version of the stored record that was read. */
  readonly version: number;
  readonly lastSeenAt: number;
  readonly idleExpiresAt: number;
  readonly expiresAt: number;
}

/** How a request looks at its session. */
export interface CurrentOptions {
  /** Whether it extends the idle time. Default true. */
  readonly slide?: boolean;
}

/**
 * The sessions of this BFF: the one door to the session cookie and the records behind it. Every method
 * that touches the store throws `Problem` `store_unavailable` when it cannot.
 */
export interface Sessions {
  /** Opens a session for a finished login: a new id, its cookie on `reply`. Ends the one it `replaces`. */
  readonly open: (
    request: FastifyRequest,
    reply: FastifyReply,
    login: CompletedLogin,
    replaces: string | undefined,
  ) => Promise<Session>;
  /** The live session of this request, read once a request; `undefined` for everybody else. */
  readonly current: (request: FastifyRequest, options?: CurrentOptions) => Promise<Session | undefined>;
  /** Whether the request brought a session cookie, good or not: tells `session_expired` from `unauthenticated`. */
  readonly broughtCookie: (request: FastifyRequest) => boolean;
  /** Ends the request's session, if any, and clears its cookie. Gives back the session that ended. */
  readonly close: (
    request: FastifyRequest,
    reply: FastifyReply,
    reason: SignedOutReason,
  ) => Promise<Session | undefined>;
  /** Ends a session by its id on every process; `false` when it was over already. */
  readonly end: (id: string, reason: SignedOutReason) => Promise<boolean>;
  /** Back-channel logout: `sid` ends that provider session, `sub` alone ends all of the subject; both: by `sid`. */
  readonly endByProvider: (target: {
    readonly issuer: string;
    readonly sub: string | undefined;
    readonly sid: string | undefined;
  }) => Promise<number>;
  /** The sessions of this session's user, the newest first. */
  readonly list: (session: Session) => Promise<readonly SessionSummary[]>;
  /** Ends one session of this session's user; `false` when it is not theirs or is over. */
  readonly endOwn: (session: Session, id: string) => Promise<boolean>;
  /** Ends all sessions of this session's user but this one. */
  readonly endOthers: (session: Session) => Promise<number>;
  /**
   * A valid access token: the session's own, or refreshed when it expires within 30 s. One refresh a
   * session at a time, across processes.
   *
   * @throws Problem `session_expired` when the grant is over (the session has been ended), `provider_*` with
   * `Retry-After` when the provider is in trouble and the old token is no longer valid.
   */
  readonly accessToken: (session: Session) => Promise<string>;
  /** Calls back once when the session ends, on whichever process; gives back the way to stop listening. */
  readonly onEnded: (id: string, listener: (reason: SignedOutReason) => void) => () => void;
  /** Claims a one-time value until `expiresAt` (milliseconds): `true` for the first, on every process. */
  readonly claimOnce: (value: string, expiresAt: number) => Promise<boolean>;
  /** Throws when the store does not answer. */
  readonly checkStore: () => Promise<void>;
  /** Stops timers and listeners; the store is closed by whoever opened it. */
  readonly stop: () => Promise<void>;
}
