import { parseLogoutAnswer, parseMe, paths } from '@foyer/contract';
import type { BffOrigin } from './bff-origin.ts';
import { createSnapshot, type SessionSnapshot } from './session-snapshot.ts';

/** What the client itself asks of the BFF. */
export interface BffRequests {
  /** Asks who is signed in; never rejects. */
  readonly whoIsThere: (slides: boolean) => Promise<SessionSnapshot>;
  /** Signs out here; gives back where to go next. @throws Error when the BFF did not sign out. */
  readonly signOut: () => Promise<URL>;
}

/** Makes them for one BFF. */
export const createBffRequests = (origin: BffOrigin): BffRequests => ({
  whoIsThere: async (slides) => {
    try {
      const url = origin.resolve(slides ? paths.me : `${paths.me}?slide=false`);
      const response = await fetch(url, { credentials: 'include', headers: { accept: 'application/json' } });
      if (!response.ok) return { status: 'unreachable' };
      return createSnapshot(parseMe(await response.json()), origin);
    } catch {
      // Offline, cut, or not an answer of the BFF: all mean that it cannot be reached, and sign nobody out.
      return { status: 'unreachable' };
    }
  },
  signOut: async () => {
    const response = await fetch(origin.resolve(paths.logout), {
      method: 'POST',
      credentials: 'include',
      headers: { accept: 'application/json', 'x-csrf': '1' },
    });
    if (!response.ok) throw new Error('The server could not sign you out. Try again in a moment.');
    return origin.resolve(parseLogoutAnswer(await response.json()).redirectTo);
  },
});
