import type { SignedOutReason } from '@foyer/contract';
import type { FastifyBaseLogger } from 'fastify';
import type { ResolvedOptions } from '../options.ts';
import type { Provider } from '../provider/provider.ts';
import type { Session } from '../session/live-session.ts';
import type { SessionRecord } from '../session/session-record.ts';
import type { SessionStore } from '../stores/session-store.ts';

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
