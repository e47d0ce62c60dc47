import { type LogoutAnswer, type ProblemDetails, parseMe, paths } from '@foyer/contract';
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
   * `fetch` with the session: a 401 of the BFF leads to one move to the sign-in, a 503 is tried once more after a short
   * `Retry-After`. A path is one of the BFF.
   */
  readonly fetch: (input: string | URL, init?: RequestInit) => Promise<Response>;
}

const channelName = 'foyer';
const longestWait = 5;

const readProblem = async (response: Response): Promise<Partial<ProblemDetails>> => {
  if (!response.headers.get('content-type')?.startsWith('application/problem+json')) return {};
  const body: unknown = await response.clone().json();
  return typeof body === 'object' && body !== null ? body : {};
};

const signsIn: readonly unknown[] = [
  'urn:foyer:problem:unauthenticated',
  'urn:foyer:problem:session_expired',
];

const isSafe = (method = 'GET'): boolean => ['GET', 'HEAD'].includes(method.toUpperCase());

/** Seconds of a `Retry-After`, which is a number of them or a date; `NaN` for anything else. @see RFC 9110 10.2.3 */
const parseWait = (text: string): number =>
  /^\d+$/.test(text) ? Number(text) : Math.max(0, (Date.parse(text) - Date.now()) / 1000);

/** Makes the client of one BFF; nothing is asked before the first `subscribe` or `refresh`. */
export const createBffClient = ({ baseUrl = '' }: BffClientOptions = {}): BffClient => {
  const listeners = new Set<() => void>();
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
      const url = `${baseUrl}${paths.me}${slides ? '' : '?slide=false'}`;
      const response = await fetch(url, { credentials: 'include', headers: { accept: 'application/json' } });
      if (!response.ok) return { status: 'unreachable' };
      return createSnapshot(parseMe(await response.json()));
    } catch {
      // Offline, cut, or not an answer of the BFF: all mean that it cannot be reached, and sign nobody out.
      return { status: 'unreachable' };
    }
  };

  const check = createSessionCheck(ask, (found) => publish(keepExpiring(snapshot, found)));

  const login: BffClient['login'] = ({ returnTo } = {}) => {
    if (isLeaving) return;
    isLeaving = true;
    const { pathname, search, hash, href } = location;
    const here = baseUrl === '' ? `${pathname}${search}${hash}` : href;
    location.assign(`${baseUrl}${paths.login}?${new URLSearchParams({ returnTo: returnTo ?? here })}`);
  };

  const start = (): NonNullable<typeof started> => {
    const recheck = (): void => {
      if (!isLeaving) check.join(false);
    };
    const renew = (): void => {
      if (!isLeaving) check.renew();
    };
    const live = startLiveEvents(`${baseUrl}${paths.meEvents}`, renew, (expiring) => {
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

  const signOut = async (): Promise<string> => {
    const response = await fetch(`${baseUrl}${paths.logout}`, {
      method: 'POST',
      credentials: 'include',
      headers: { accept: 'application/json', 'x-csrf': '1' },
    });
    if (!response.ok) throw new Error('The server could not sign you out. Try again in a moment.');
    const { redirectTo }: LogoutAnswer = await response.json();
    return redirectTo;
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
    fetch: async (input, init = {}) => {
      const target = typeof input === 'string' && input.startsWith('/') ? baseUrl + input : input;
      const send = (): Promise<Response> => fetch(target, { credentials: 'include', ...init });
      let response = await send();
      const wait = parseWait(response.headers.get('retry-after') ?? '');
      if (response.status === 503 && isSafe(init.method) && wait <= longestWait) {
        await new Promise((resolve) => setTimeout(resolve, wait * 1000));
        response = await send();
      }
      if (response.status === 401) {
        const { type } = await readProblem(response);
        if (signsIn.includes(type)) login();
      }
      return response;
    },
  };
};
