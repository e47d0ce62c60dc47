import type { ExpiringEvent, SignedOutReason } from '@foyer/contract';
import { startTurn } from './turn.ts';

/** What to do with the events of the session. */
export interface LiveListener {
  /** The session has ended; without a reason where the server gave none that is known. */
  readonly ended: (reason: SignedOutReason | undefined) => void;
  readonly nears: (expiring: ExpiringEvent) => void;
}

/** The live events of the session. */
export interface LiveEvents {
  /** Listens while somebody is signed in, and only then. */
  readonly follow: (isSignedIn: boolean) => void;
  readonly close: () => void;
}

/** `EventSource.CLOSED`: the browser does not try again by itself. */
const closed = 2;

/** An event as it passes from the tab with the stream to the others. */
interface Heard {
  readonly type: 'signed-out' | 'expiring';
  readonly data: string;
}

const reasons: readonly SignedOutReason[] = [
  ...(['logout', 'backchannel', 'expired'] as const),
  ...(['revoked', 'refresh_failed', 'replaced'] as const),
];

type Fields = Partial<Record<string, unknown>>;

const parseFields = (data: string): Fields => {
  try {
    return { ...JSON.parse(data) };
  } catch {
    return {}; // Not JSON: an event without fields.
  }
};

const parseReason = ({ reason }: Fields): SignedOutReason | undefined =>
  reasons.find((each) => each === reason);

const parseExpiring = ({ limit, expiresAt, now }: Fields): ExpiringEvent | undefined => {
  const isKnown = (limit === 'idle' || limit === 'absolute') && typeof expiresAt === 'string';
  return isKnown && typeof now === 'string' ? { limit, expiresAt, now } : undefined;
};

const parseHeard = (message: unknown): Heard | undefined => {
  if (typeof message !== 'object' || message === null) return undefined;
  const { type, data }: Fields = { ...message };
  const isKnown = type === 'signed-out' || type === 'expiring';
  return isKnown && typeof data === 'string' ? { type, data } : undefined;
};

const deliver = ({ type, data }: Heard, { ended, nears }: LiveListener): void => {
  const fields = parseFields(data);
  const expiring = parseExpiring(fields);
  if (type === 'signed-out') ended(parseReason(fields));
  else if (expiring) nears(expiring);
};

/** One stream of `/api/me/events`; one that failed is opened again by the next `open`. */
const createStream = (url: URL, hear: (heard: Heard) => void) => {
  let source: EventSource | undefined;
  const close = (): void => {
    source?.close();
    source = undefined;
  };
  return {
    open: (): void => {
      if (source !== undefined && source.readyState !== closed) return;
      const opened = new EventSource(url, { withCredentials: true });
      for (const type of ['signed-out', 'expiring'] as const)
        opened.addEventListener(type, (event: Event) => {
          if (type === 'signed-out') close();
          hear({ type, data: event instanceof MessageEvent ? String(event.data) : '' });
        });
      source = opened;
    },
    close,
  };
};

/** Every tab has a stream of its own: for browsers without Web Locks, and pages without a secure context. */
const followAlone = (url: URL, listener: LiveListener): LiveEvents => {
  const stream = createStream(url, (heard) => deliver(heard, listener));
  return {
    follow: (isSignedIn) => (isSignedIn ? stream.open() : stream.close()),
    close: stream.close,
  };
};

/**
 * One tab of the browser has the stream and passes its events on; when it closes, another takes its turn. HTTP/1.1
 * allows six connections to an origin, which the streams of six tabs would use up.
 */
const followTogether = (url: URL, listener: LiveListener): LiveEvents => {
  const name = `foyer events ${url}`;
  let channel: BroadcastChannel | undefined;
  const stream = createStream(url, (heard) => {
    channel?.postMessage(heard);
    deliver(heard, listener);
  });
  const turn = startTurn(name, stream.open);
  const join = (): void => {
    channel = new BroadcastChannel(name);
    channel.addEventListener('message', ({ data }) => {
      const heard = parseHeard(data);
      if (heard) deliver(heard, listener);
    });
  };
  const close = (): void => {
    turn.giveUp();
    stream.close();
    channel?.close();
    channel = undefined;
  };
  return {
    follow: (isSignedIn) => {
      if (!isSignedIn) return close();
      if (channel === undefined) join();
      turn.take();
    },
    close,
  };
};

/** Listens to `/api/me/events`, by one stream for all tabs of the browser where it can share one. */
export const startLiveEvents = (url: URL, listener: LiveListener): LiveEvents => {
  if (typeof EventSource === 'undefined') return { follow: () => undefined, close: () => undefined };
  return navigator.locks ? followTogether(url, listener) : followAlone(url, listener);
};
