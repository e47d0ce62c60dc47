import type { ExpiringEvent } from '@foyer/contract';

/** The live events of the session. */
export interface LiveEvents {
  /** Listens while somebody is signed in, and only then. */
  readonly follow: (isSignedIn: boolean) => void;
  readonly close: () => void;
}

/** `EventSource.CLOSED`: the browser has given up. */
const closed = 2;

const parseExpiring = (event: Event): ExpiringEvent | undefined => {
  const told: unknown = event instanceof MessageEvent ? JSON.parse(String(event.data)) : undefined;
  if (typeof told !== 'object' || told === null) return undefined;
  const { limit, expiresAt, now }: Partial<Record<string, unknown>> = { ...told };
  const isKnown = (limit === 'idle' || limit === 'absolute') && typeof expiresAt === 'string';
  return isKnown && typeof now === 'string' ? { limit, expiresAt, now } : undefined;
};

/** Listens to `/api/me/events`; a stream that failed is opened again by the next check that finds the user signed in. */
export const startLiveEvents = (
  url: URL,
  changed: () => void,
  nears: (expiring: ExpiringEvent) => void,
): LiveEvents => {
  let source: EventSource | undefined;
  const close = (): void => {
    source?.close();
    source = undefined;
  };
  const open = (): void => {
    source = new EventSource(url, { withCredentials: true });
    source.addEventListener('signed-out', () => {
      close();
      changed();
    });
    source.addEventListener('expiring', (event) => {
      const expiring = parseExpiring(event);
      if (expiring) nears(expiring);
    });
  };
  return {
    follow: (isSignedIn) => {
      if (typeof EventSource === 'undefined') return;
      if (isSignedIn && (source === undefined || source.readyState === closed)) open();
      if (!isSignedIn) close();
    },
    close,
  };
};
