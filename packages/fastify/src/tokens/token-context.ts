import type { FastifyBaseLogger } from 'fastify';
import type { LRUCache } from 'lru-cache';
import type { ResolvedOptions } from '../options.ts';
import type { Provider } from '../provider/provider.ts';
import type { Session } from '../session/session-record.ts';
import type { Sessions } from '../session/sessions.ts';
import type { SessionStore } from '../stores/session-store.ts';
import type { RefreshBackoff } from './refresh-backoff.ts';
import type { PersonToken } from './requested-token.ts';
import type { HeldToken } from './token-life.ts';

/** What every step towards an access token works with; the tokens of each provider have one of their own. */
export interface TokenContext {
  readonly options: ResolvedOptions;
  readonly provider: Provider;
  readonly store: SessionStore;
  readonly sessions: Pick<Sessions, 'reread' | 'save' | 'end'>;
  readonly log: FastifyBaseLogger;
  readonly backoff: RefreshBackoff;
  /** New refresh tokens that the store did not take, by session: the provider knows no other for them. */
  readonly unsaved: LRUCache<string, { readonly stored: string; readonly successor: string }>;
  /** The refreshes of this process, by the session and the token that they are for. */
  readonly underway: Map<string, Promise<HeldToken>>;
}

/** Which access token of a session is to be renewed. */
export interface TokenRenewal {
  /** As it was read or stored last. */
  session: Session;
  readonly requested: PersonToken;
}

/** Names one token of one session in this process. */
export const renewalId = ({ session, requested }: TokenRenewal): string => session.id + requested.key;
