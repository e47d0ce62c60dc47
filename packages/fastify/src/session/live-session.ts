import type { User } from '@foyer/contract';
import type { SessionRecord } from './session-record.ts';
import type { SessionReference } from './session-reference.ts';

/** A live session, as one request sees it. Times are milliseconds since the epoch. */
export interface Session {
  /** The public handle. */
  readonly id: string;
  /** The id of its provider in the configuration, and the client that its tokens are for. */
  readonly provider: string;
  readonly clientId: string;
  /** The claims that the browser is shown. */
  readonly user: User;
  readonly displayName: string;
  readonly record: SessionRecord;
  /** Version of the stored record that was read. */
  readonly version: number;
  readonly lastSeenAt: number;
  readonly idleExpiresAt: number;
  readonly expiresAt: number;
  /** What the cookie of this session holds: the record is saved with its key. */
  readonly reference: SessionReference;
}
