import { parseLogoutAnswer, parseMe, paths } from '@foyer/contract';
import type { BffOrigin } from './bff-origin.ts';
import { createSnapshot, type SessionSnapshot } from './session-snapshot.ts';

/** The requests that the client itself sends to the BFF. */
export interface BffRequests {
  /** Requests `/api/me`; extends the session if `isExtending`. Never rejects. */
  readonly readSession: (isExtending: boolean) => Promise<SessionSnapshot>;
  /** Ends the session; returns the URL to open next. @throws Error when the BFF did not end it. */
  readonly signOut: () => Promise<URL>;
}

/** Creates the requests of one BFF. */
export const createBffRequests = (origin: BffOrigin): BffRequests => ({
  readSession: async (isExtending) => {
    try {
      const url = origin.at(isExtending ? paths.me : `${paths.me}?slide=false`);
      const response = await fetch(url, { credentials: 'include', headers: { accept: 'application/json' } });
      if (!response.ok) return { status: 'unreachable' };
      return createSnapshot(parseMe(await response.json()), origin);
    } catch {
      // Offline, cut off, or not an answer of the BFF: the session may still exist, so the user is not signed out.
      return { status: 'unreachable' };
    }
  },
  signOut: async () => {
    const response = await fetch(origin.at(paths.logout), {
      method: 'POST',
      credentials: 'include',
      headers: { accept: 'application/json', 'x-csrf': '1' },
    });
    if (!response.ok) throw new Error('The server could not sign you out. Try again.');
    return origin.resolve(parseLogoutAnswer(await response.json()).redirectTo);
  },
});
