import { hash } from 'node:crypto';
import type { SessionSummary, SignedOutReason } from '@foyer/contract';
import type { FastifyBaseLogger } from 'fastify';
import type { ResolvedOptions } from '../options.ts';
import type { SessionStore } from '../stores/session-store.ts';
import { createRecentLogouts } from './recent-logouts.ts';
import { createRequestSession, type RequestSession } from './session.ts';
import { type CookieSeal, createCookieRules } from './session-cookie.ts';
import { createSessionEnding, type SessionEnding } from './session-ending.ts';
import { createSessionEvents } from './session-events.ts';
import { createSessionLabelling } from './session-list.ts';
import type { Session } from './session-record.ts';
import { createSessionRecords, type SessionRecords } from './session-records.ts';
import { createSessionReferences } from './session-reference.ts';
import { createStoreIndex } from './store-index.ts';

/**
 * The sessions of this BFF: the one door to the session cookie and the records behind it. Every method
 * that touches the store throws `Problem` `store_unavailable` when it cannot.
 */
export interface Sessions extends RequestSession, SessionEnding, Pick<SessionRecords, 'reread' | 'save'> {
  /** The sessions of this session's user, the newest first. */
  readonly list: (session: Session) => Promise<readonly SessionSummary[]>;
  /** Calls back once when the session ends, on any process, or expires; returns the way to stop listening. */
  readonly onEnded: (id: string, listener: (reason: SignedOutReason) => void) => () => void;
  /** Claims a one-time value until `expiresAt` (milliseconds): `true` for the first, on every process. */
  readonly claimOnce: (value: string, expiresAt: number) => Promise<boolean>;
  /** Whether a one-time value has been claimed and is still remembered. */
  readonly isClaimed: (value: string) => Promise<boolean>;
  /** Throws when the store does not answer. */
  readonly checkStore: () => Promise<void>;
  /** Stops timers and listeners; the store is closed by the program that opened it. */
  readonly stop: () => Promise<void>;
}

/** What the sessions are made of. */
export interface SessionDependencies {
  readonly options: ResolvedOptions;
  /** As `guardStore` makes it. */
  readonly store: SessionStore;
  readonly seal: CookieSeal;
  readonly log: FastifyBaseLogger;
}

const digest = (value: string): string => hash('sha256', value, 'base64url');

/** Makes the sessions of one BFF over the store of its options. */
export const createSessions = ({ options, store, seal, log }: SessionDependencies): Sessions => {
  const { clock, sessionKeys, observe } = options;
  const index = createStoreIndex(sessionKeys);
  const labelling = createSessionLabelling(sessionKeys, index);
  const rules = createCookieRules(options);
  const references = createSessionReferences(seal, rules);
  const records = createSessionRecords(options, store, references);
  const events = createSessionEvents(store, clock, log);
  const recentLogouts = createRecentLogouts(options, store, index);
  const ending = createSessionEnding({ store, index, events, references, recentLogouts, observe });
  const { end } = ending;
  return {
    ...createRequestSession({ options, seal, rules, references, records, labelling, recentLogouts, end }),
    ...ending,
    reread: records.reread,
    save: records.save,
    list: async (session) => labelling.list(session, await ending.findOwn(session)),
    onEnded: events.onEnded,
    claimOnce: async (value, expiresAt) => store.claim(digest(value), Math.ceil(expiresAt)),
    isClaimed: async (value) => (await store.readClaim(digest(value))) !== undefined,
    checkStore: () => store.check(),
    stop: async () => events.stop(),
  };
};
