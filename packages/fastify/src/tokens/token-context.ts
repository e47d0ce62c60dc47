import type { SignedOutReason } from '@foyer/contract';
import type { FastifyBaseLogger } from 'fastify';
import type { LRUCache } from 'lru-cache';
import type { ResolvedOptions } from '../options.ts';
import type { Provider } from '../provider/provider.ts';
import type { Session } from '../session/live-session.ts';
import type { SessionRecord } from '../session/session-record.ts';
import type { SessionStore } from '../stores/session-store.ts';
import type { RefreshBackoff } from './refresh-backoff.ts';
import type { HeldToken } from './token-life.ts';

/** What access tokens are made of. */
export interface AccessTokenDependencies {
  readonly options: ResolvedOptions;
  readonly provider: Provider;
  readonly store: SessionStore;
  readonly records: {
    readonly reread: (session: Session) => Promise<Session | undefined>;
    readonly save: (session: Session, record: SessionRecord) => Promise<boolean>;
  };
  readonly end: (id: string, reason: SignedOutReason) => Promise<boolean>;
  readonly log: FastifyBaseLogger;
}

/** What every step of a refresh works with. */
export interface TokenContext extends AccessTokenDependencies {
  readonly backoff: RefreshBackoff;
  /** New refresh tokens that the store did not take, by session: the provider knows no other for them. */
  readonly unsaved: LRUCache<string, UnsavedSuccessor>;
  /** The refreshes of this process, by the session and the token that they are for. */
  readonly underway: Map<string, Promise<HeldToken>>;
}

/** The refresh token that is stored for a session, and the one that follows it. */
interface UnsavedSuccessor {
  readonly stored: string;
  readonly successor: string;
}
