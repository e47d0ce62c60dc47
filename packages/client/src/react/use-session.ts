import type { User } from '@foyer/contract';
import { useSyncExternalStore } from 'react';
import { lastSignedIn, type SessionSnapshot } from '../index.ts';
import { useBffClient } from './bff-provider.tsx';

/**
 * The session's snapshot. The component renders again after each change.
 *
 * @see https://react.dev/reference/react/useSyncExternalStore
 */
export function useSession<Claims = unknown>(): SessionSnapshot<Claims>;
/** Only the caller knows which claims there are. */
export function useSession(): SessionSnapshot {
  const { subscribe, getSnapshot } = useBffClient();
  return useSyncExternalStore(subscribe, getSnapshot);
}

/**
 * The signed-in user; `undefined` while there is none. During an outage, the last one that the server reported.
 *
 * @see OpenID Connect Core section 5.1
 */
export const useUser = <Claims = unknown>(): (User & Claims) | undefined =>
  lastSignedIn(useSession<Claims>())?.user;
