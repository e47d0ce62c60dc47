import { paths } from '@foyer/contract';
import { createBffFetch } from './bff-fetch.ts';
import { createBffOrigin } from './bff-origin.ts';
import { createBffRequests } from './bff-requests.ts';
import { createDeparture } from './departure.ts';
import { createSessionCheck } from './session-check.ts';
import { isSameSnapshot, keepKnown, type SessionSnapshot } from './session-snapshot.ts';
import { type SessionWatch, startSessionWatch } from './session-watch.ts';
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
  /** Calls back after each change; returns the way to stop. The first subscriber starts the client, the last one to go stops it. */
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

/** The snapshot, and who is told of its changes. The first subscriber starts the watch, the last one stops it. */
const createSnapshotStore = (startWatch: () => SessionWatch) => {
  const listeners = new Set<() => void>();
  let snapshot: SessionSnapshot = { status: 'loading' };
  let watch: SessionWatch | undefined;
  return {
    getSnapshot: () => snapshot,
    publish: (next: SessionSnapshot): SessionSnapshot => {
      const isNew = !isSameSnapshot(snapshot, next);
      if (isNew) snapshot = next;
      watch?.follow(snapshot);
      if (isNew) for (const listener of listeners) listener();
      return snapshot;
    },
    subscribe: (listener: () => void): (() => void) => {
      listeners.add(listener);
      if (watch === undefined) {
        watch = startWatch();
        watch.follow(snapshot);
      }
      return () => {
        listeners.delete(listener);
        if (listeners.size > 0) return;
        watch?.close();
        watch = undefined;
      };
    },
    isWatched: () => watch !== undefined,
  };
};

/**
 * Creates the client of one BFF; nothing is requested before the first `subscribe` or `refresh`.
 *
 * @see RFC 10017 section 6.1.2
 */
export const createBffClient = ({ baseUrl = '' }: BffClientOptions = {}): BffClient => {
  const origin = createBffOrigin(baseUrl);
  const requests = createBffRequests(origin);
  const tabs = createTabs(baseUrl);
  const departure = createDeparture();
  const store = createSnapshotStore(() =>
    startSessionWatch({ eventsUrl: origin.resolve(paths.meEvents), tabs, check, departure, ...store }),
  );
  const check = createSessionCheck(requests.whoIsThere, (found) =>
    store.publish(keepKnown(store.getSnapshot(), found)),
  );

  const login: BffClient['login'] = ({ returnTo } = {}) => {
    if (departure.isUnderWay()) return;
    departure.begin();
    const query = new URLSearchParams({ returnTo: origin.wayBack(returnTo ?? location.href) });
    departure.leaveFor(origin.resolve(`${paths.login}?${query}`));
  };

  return {
    getSnapshot: store.getSnapshot,
    subscribe: (listener) => {
      const isFirst = !store.isWatched();
      const unsubscribe = store.subscribe(listener);
      if (isFirst) check.join(true);
      return unsubscribe;
    },
    refresh: () => check.join(true),
    login,
    logout: async () => {
      departure.begin();
      try {
        const next = await requests.signOut();
        tabs.tell('');
        departure.leaveFor(next);
      } catch (error) {
        departure.cancel();
        throw error;
      }
    },
    fetch: createBffFetch(origin, login),
  };
};
