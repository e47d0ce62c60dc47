import { parseLogoutAnswer, parseMe, paths } from '@foyer/contract';
import { createBffFetch } from './bff-fetch.ts';
import { createBffOrigin } from './bff-origin.ts';
import { followPage } from './follow-page.ts';
import { startLiveEvents } from './live-events.ts';
import { createSessionCheck } from './session-check.ts';
import { createSnapshot, isSameSnapshot, keepExpiring, type SessionSnapshot } from './session-snapshot.ts';

/** How the client finds its BFF. */
export interface BffClientOptions {
  /** Origin of the BFF where it is not the page's own. Default: the page's own. */
  readonly baseUrl?: string;
}

/** The browser's side of the BFF: one snapshot of the session, and the ways to change it. */
export interface BffClient {
  /** What is known now: the same object until something changes. */
  readonly getSnapshot: () => SessionSnapshot;
  /** Calls back after each change; gives back the way to stop. The first subscriber starts the client, the last one to go stops it. */
  readonly subscribe: (listener: () => void) => () => void;
  /** Asks who is signed in. A server that cannot be reached signs nobody out. */
  readonly refresh: () => Promise<SessionSnapshot>;
  /** Leaves for the sign-in; `returnTo` defaults to the current page. */
  readonly login: (options?: { readonly returnTo?: string }) => void;
  /** Signs out here, then goes where the BFF says. @throws Error when the BFF did not sign out. */
  readonly logout: () => Promise<void>;
  /**
   * `fetch` with the session: a 401 of the BFF leads to one move to the sign-in, a 503 to a safe method is tried once
   * more after a `Retry-After` of at most 5 seconds. A path is one of the BFF; another origin gets the plain `fetch`.
   */
  readonly fetch: typeof fetch;
}

const channelName = 'foyer';

/** Makes the client of one BFF; nothing is asked before the first `subscribe` or `refresh`. */
export const createBffClient = ({ baseUrl = '' }: BffClientOptions = {}): BffClient => {
  const listeners = new Set<() => void>();
  const origin = createBffOrigin(baseUrl);
  let snapshot: SessionSnapshot = { status: 'loading' };
  let isLeaving = false;
  let started: { readonly follow: () => void; readonly close: () => void } | undefined;
  const channel = typeof BroadcastChannel === 'undefined' ? undefined : new BroadcastChannel(channelName);

  const publish = (next: SessionSnapshot): SessionSnapshot => {
    const isNew = !isSameSnapshot(snapshot, next);
    if (isNew) snapshot = next;
    started?.follow();
    if (isNew) for (const listener of listeners) listener();
    return snapshot;
  };

  const ask = async (slides: boolean): Promise<SessionSnapshot> => {
    try {
      const url = origin.resolve(slides ? paths.me : `${paths.me}?slide=false`);
      const response = await fetch(url, { credentials: 'include', headers: { accept: 'application/json' } });
      if (!response.ok) return { status: 'unreachable' };
      return createSnapshot(parseMe(await response.json()), origin);
    } catch {
      // Offline, cut, or not an answer of the BFF: all mean that it cannot be reached, and sign nobody out.
      return { status: 'unreachable' };
    }
  };

  const check = createSessionCheck(ask, (found) => publish(keepExpiring(snapshot, found)));

  const login: BffClient['login'] = ({ returnTo } = {}) => {
    if (isLeaving) return;
    isLeaving = true;
    const query = new URLSearchParams({ returnTo: origin.wayBack(returnTo ?? location.href) });
    location.assign(origin.resolve(`${paths.login}?${query}`));
  };

  const start = (): NonNullable<typeof started> => {
    const recheck = (): void => {
      if (!isLeaving) check.join(false);
    };
    const renew = (): void => {
      if (!isLeaving) check.renew();
    };
    const live = startLiveEvents(origin.resolve(paths.meEvents), renew, (expiring) => {
      if (snapshot.status === 'signed-in') publish({ ...snapshot, expiring });
    });
    const unfollow = followPage({
      recheck,
      restored: () => {
        isLeaving = false;
        publish({ status: 'loading' });
        renew();
      },
    });
    channel?.addEventListener('message', renew);
    const follow = (): void => live.follow(snapshot.status === 'signed-in');
    follow();
    return {
      follow,
      close: () => {
        live.close();
        unfollow();
        channel?.removeEventListener('message', renew);
      },
    };
  };

  const signOut = async (): Promise<URL> => {
    const response = await fetch(origin.resolve(paths.logout), {
      method: 'POST',
      credentials: 'include',
      headers: { accept: 'application/json', 'x-csrf': '1' },
    });
    if (!response.ok) throw new Error('The server could not sign you out. Try again in a moment.');
    return origin.resolve(parseLogoutAnswer(await response.json()).redirectTo);
  };

  return {
    getSnapshot: () => snapshot,
    subscribe: (listener) => {
      listeners.add(listener);
      if (started === undefined) {
        started = start();
        check.join(true);
      }
      return () => {
        listeners.delete(listener);
        if (listeners.size > 0) return;
        started?.close();
        started = undefined;
      };
    },
    refresh: () => check.join(true),
    login,
    logout: async () => {
      isLeaving = true;
      try {
        const redirectTo = await signOut();
        channel?.postMessage('signed-out');
        location.assign(redirectTo);
      } catch (error) {
        isLeaving = false;
        throw error;
      }
    },
    fetch: createBffFetch(origin, login),
  };
};
