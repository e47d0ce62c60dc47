import { paths, type SignedOutReason } from '@foyer/contract';
import { createBffFetch } from './bff-fetch.ts';
import { createBffOrigin } from './bff-origin.ts';
import { createBffRequests } from './bff-requests.ts';
import { followPage } from './follow-page.ts';
import { startLiveEvents } from './live-events.ts';
import { startRetry } from './retry.ts';
import { createSessionCheck } from './session-check.ts';
import {
  isSameSnapshot,
  keepKnown,
  type SessionSnapshot,
  sessionOf,
  withReason,
} from './session-snapshot.ts';
import { createTabs } from './tabs.ts';

/** How the client finds its BFF. @see RFC 10017 section 6.1.2 */
export interface BffClientOptions {
  /** Origin of the BFF where it is not the page's own. Default: the page's own. */
  readonly baseUrl?: string;
}

/**
 * The browser's side of the BFF: one snapshot of the session, and the ways to change it.
 *
 * @see RFC 10017 section 6.1.2
 */
export interface BffClient {
  readonly getSnapshot: () => SessionSnapshot;
  /** Calls back after each change; gives back the way to stop. The first subscriber starts the client, the last one to go stops it. */
  readonly subscribe: (listener: () => void) => () => void;
  /** Asks who is signed in, and slides the session. A server that cannot be reached signs nobody out. */
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

/** A page that is still here after so many milliseconds was kept by the person, say at the question of a page with unsaved work. */
const patience = 30_000;

/** What runs while somebody listens. */
interface Running {
  readonly follow: () => void;
  readonly close: () => void;
}

/**
 * Makes the client of one BFF; nothing is asked before the first `subscribe` or `refresh`.
 *
 * @see RFC 10017 section 6.1.2
 */
export const createBffClient = ({ baseUrl = '' }: BffClientOptions = {}): BffClient => {
  const listeners = new Set<() => void>();
  const origin = createBffOrigin(baseUrl);
  const requests = createBffRequests(origin);
  const tabs = createTabs(baseUrl);
  let snapshot: SessionSnapshot = { status: 'loading' };
  let isLeaving = false;
  let running: Running | undefined;

  const publish = (next: SessionSnapshot): SessionSnapshot => {
    const isNew = !isSameSnapshot(snapshot, next);
    if (isNew) snapshot = next;
    running?.follow();
    if (isNew) for (const listener of listeners) listener();
    return snapshot;
  };

  const check = createSessionCheck(requests.whoIsThere, (found) => publish(keepKnown(snapshot, found)));

  const leave = (url: URL): void => {
    location.assign(url);
    setTimeout(() => {
      isLeaving = false;
    }, patience);
  };

  const login: BffClient['login'] = ({ returnTo } = {}) => {
    if (isLeaving) return;
    isLeaving = true;
    const query = new URLSearchParams({ returnTo: origin.wayBack(returnTo ?? location.href) });
    leave(origin.resolve(`${paths.login}?${query}`));
  };

  const start = (): Running => {
    const recheck = (): void => {
      if (!isLeaving) check.join(false);
    };
    const renew = (): void => {
      if (!isLeaving) check.renew();
    };
    const hide = (): void => void publish({ status: 'loading' });
    const ended = async (reason: SignedOutReason | undefined): Promise<void> => {
      if (isLeaving) return;
      const found = await check.renew();
      // A new login may have taken the place of the session that ended.
      if (found.status === 'anonymous') publish(withReason(found, reason));
    };
    const live = startLiveEvents(origin.resolve(paths.meEvents), {
      ended: (reason) => void ended(reason),
      nears: (expiring) => {
        if (snapshot.status === 'signed-in') publish({ ...snapshot, expiring });
      },
    });
    const retry = startRetry(recheck);
    const unfollowTabs = tabs.follow((session) => {
      if (session !== sessionOf(snapshot)) renew();
    });
    const unfollowPage = followPage({
      recheck,
      frozen: hide,
      restored: () => {
        isLeaving = false;
        hide();
        renew();
      },
    });
    const follow = (): void => {
      const session = sessionOf(snapshot);
      if (session !== undefined) tabs.tell(session);
      live.follow(snapshot.status === 'signed-in');
      retry.follow(snapshot.status === 'unreachable');
    };
    follow();
    return {
      follow,
      close: () => {
        live.close();
        retry.close();
        unfollowTabs();
        unfollowPage();
      },
    };
  };

  return {
    getSnapshot: () => snapshot,
    subscribe: (listener) => {
      listeners.add(listener);
      if (running === undefined) {
        running = start();
        check.join(true);
      }
      return () => {
        listeners.delete(listener);
        if (listeners.size > 0) return;
        running?.close();
        running = undefined;
      };
    },
    refresh: () => check.join(true),
    login,
    logout: async () => {
      isLeaving = true;
      try {
        const next = await requests.signOut();
        tabs.tell('');
        leave(next);
      } catch (error) {
        isLeaving = false;
        throw error;
      }
    },
    fetch: createBffFetch(origin, login),
  };
};
