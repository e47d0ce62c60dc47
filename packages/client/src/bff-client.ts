import { paths } from '@foyer/contract';
import { createBffFetch } from './bff-fetch.ts';
import { createBffOrigin } from './bff-origin.ts';
import { createBffRequests } from './bff-requests.ts';
import { createDeparture } from './departure.ts';
import { createSessionCheck } from './session-check.ts';
import { isSameSnapshot, keepKnown, type SessionSnapshot } from './session-snapshot.ts';
import { type SessionWatch, startSessionWatch } from './session-watch.ts';
import { createStepUp, type StepUpEvent } from './step-up.ts';
import { createTabs } from './tabs.ts';

/** Options of `createBffClient`. @see RFC 10017 section 6.1.2 */
export interface BffClientOptions {
  /**
   * Where the BFF is: an origin such as `https://bff.example.com`, the path of its public URL such as `/app/`
   * (`import.meta.env.BASE_URL` in Vite), or both. Default: the page's own origin.
   */
  readonly baseUrl?: string;
}

/**
 * The browser's client of a BFF: holds one snapshot of the session, and signs in and out. `Claims` are those that your
 * provider sends: a promise of yours that no one checks, so let those be optional that someone may lack.
 *
 * @see RFC 10017 section 6.1.2
 */
export interface BffClient<Claims = unknown> {
  readonly getSnapshot: () => SessionSnapshot<Claims>;
  /**
   * Calls `listener` after each change; returns the function that unsubscribes it. The client watches the session as long
   * as it has a subscriber.
   */
  readonly subscribe: (listener: () => void) => () => void;
  /** Requests `/api/me` and extends the session. Never rejects: an unreachable server gives the status `unreachable`. */
  readonly refresh: () => Promise<SessionSnapshot<Claims>>;
  /**
   * Navigates to the login. `returnTo` defaults to the current page; `provider` is the id of one of several providers, by
   * default the person chooses.
   */
  readonly login: (options?: { readonly returnTo?: string; readonly provider?: string }) => void;
  /** Ends the session, then navigates to the URL that the BFF answered with. @throws Error when the BFF did not end it. */
  readonly logout: () => Promise<void>;
  /**
   * `fetch` with the session cookie. Paths are those of the BFF: `/api/users` is below the path of `baseUrl`, if it has one.
   * Requests to other addresses go to the plain `fetch`.
   * Navigates to the login, once, when the BFF answers 401; for `step_up_required` to the stronger or more recent sign-in
   * that is asked for, see `onStepUp`. Retries a GET or HEAD once when the BFF answers 503 with a
   * `Retry-After` of at most 5 seconds.
   */
  readonly fetch: typeof fetch;
  /**
   * Calls `listener` before `fetch` leaves for a stronger or more recent sign-in: keep what the user has typed, or call
   * `preventDefault` to ask the user first. Returns the function that unsubscribes it. A page that has come back from that
   * very sign-in less than a minute ago does not leave again: the caller of `fetch` shows the 401.
   */
  readonly onStepUp: (listener: (event: StepUpEvent) => void) => () => void;
}

/** Holds the snapshot and notifies subscribers. The first subscriber starts the watch; removing the last one stops it. */
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

/** A login ends at an address with an empty fragment, which keeps out that of the provider: its `#` need not stay. */
const tidyAddress = (): void => {
  if (location.href.endsWith('#')) history.replaceState(history.state, '', location.href.slice(0, -1));
};

/**
 * Creates the client of one BFF. It requests nothing before the first `subscribe` or `refresh`.
 *
 * @see RFC 10017 section 6.1.2
 */
export function createBffClient<Claims = unknown>(options?: BffClientOptions): BffClient<Claims>;
/** Only the caller knows which claims there are. */
export function createBffClient({ baseUrl = '' }: BffClientOptions = {}): BffClient {
  const origin = createBffOrigin(baseUrl);
  const requests = createBffRequests(origin);
  const tabs = createTabs(baseUrl);
  const departure = createDeparture();
  const stepUp = createStepUp(origin, departure);
  const store = createSnapshotStore(() =>
    startSessionWatch({ eventsUrl: origin.at(paths.meEvents), tabs, check, departure, ...store }),
  );
  const check = createSessionCheck(requests.readSession, (found) =>
    store.publish(keepKnown(store.getSnapshot(), found)),
  );

  const login: BffClient['login'] = ({ returnTo, provider } = {}) => {
    if (departure.isUnderWay()) return;
    departure.begin();
    const query = new URLSearchParams({ returnTo: origin.returnTo(returnTo ?? location.href) });
    if (provider !== undefined) query.set('provider', provider);
    departure.leaveFor(origin.at(`${paths.login}?${query}`));
  };

  return {
    getSnapshot: store.getSnapshot,
    subscribe: (listener) => {
      const isFirst = !store.isWatched();
      const unsubscribe = store.subscribe(listener);
      if (isFirst) {
        tidyAddress();
        check.join(true);
      }
      return unsubscribe;
    },
    refresh: () => check.join(true),
    login,
    logout: async () => {
      departure.begin();
      try {
        const next = await requests.signOut();
        tabs.announce('');
        departure.leaveFor(next);
      } catch (error) {
        departure.cancel();
        throw error;
      }
    },
    fetch: createBffFetch(origin, { signIn: login, stepUp: stepUp.start }),
    onStepUp: stepUp.follow,
  };
}
