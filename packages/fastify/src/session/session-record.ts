import type { User } from '@foyer/contract';
import type { TokenSet } from '../provider/provider.ts';

/** What is known of a session; it never leaves the server, and is stored only encrypted. */
export interface SessionRecord {
  readonly issuer: string;
  readonly clientId: string;
  readonly sub: string;
  readonly sid: string | undefined;
  readonly user: User;
  readonly displayName: string;
  readonly tokens: TokenSet;
  /** Milliseconds since the epoch. */
  readonly createdAt: number;
  /** The absolute limit, milliseconds since the epoch. */
  readonly expiresAt: number;
}
