import type { ExpiringEvent, SignedOutReason } from '@foyer/contract';
import { startTurn } from './turn.ts';

/** Callbacks for the events of the session. */
export interface LiveListener {
  /** The session has ended; `reason` is undefined when the server sent none that this client knows. */
  readonly onEnded: (reason: SignedOutReason | undefined) => void;
  readonly onExpiring: (expiring: ExpiringEvent) => void;
}

/** The subscription to the session's events. */
export interface LiveEvents {
  /** Listens while a user is signed in, and only then. */
  readonly follow: (isSignedIn: boolean) => void;
  readonly close: () => void;
}

/** `EventSource.CLOSED`: the browser does not reconnect by itself. */
const closed = 2;

/** An event of the stream, as the tab that has the stream sends it to the other tabs. */
interface StreamEvent {
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

const parseStreamEvent = (message: unknown): StreamEvent | undefined => {
  if (typeof message !== 'object' || message === null) return undefined;
  const { type, data }: Fields = { ...message };
  const isKnown = type === 'signed-out' || type === 'expiring';
  return isKnown && typeof data === 'string' ? { type, data } : undefined;
};

const deliver = ({ type, data }: StreamEvent, { onEnded, onExpiring }: LiveListener): void => {
  const fields = parseFields(data);
  const expiring = parseExpiring(fields);
  if (type === 'signed-out') onEnded(parseReason(fields));
  else if (expiring) onExpiring(expiring);
};

/** One stream of `/api/me/events`. After a failure the next call of `open` connects again. */
const createStream = (url: URL, onEvent: (event: StreamEvent) => void) => {
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
          onEvent({ type, data: event instanceof MessageEvent ? String(event.data) : '' });
        });
      source = opened;
    },
    close,
  };
};

/** Opens one stream for each tab: for browsers without Web Locks, and for pages outside a secure context. */
const followAlone = (url: URL, listener: LiveListener): LiveEvents => {
  const stream = createStream(url, (event) => deliver(event, listener));
  return {
    follow: (isSignedIn) => (isSignedIn ? stream.open() : stream.close()),
    close: stream.close,
  };
};

/**
 * Opens one stream for all tabs: the tab that holds the lock has the stream and sends its events to the others; when it
 * closes, another tab takes over. Browsers open at most six HTTP/1.1 connections to an origin, which the streams of six
 * tabs would use up.
 */
const followTogether = (url: URL, listener: LiveListener): LiveEvents => {
  const name = `foyer events ${url}`;
  let channel: BroadcastChannel | undefined;
  const stream = createStream(url, (event) => {
    channel?.postMessage(event);
    deliver(event, listener);
  });
  const turn = startTurn(name, stream.open);
  const join = (): void => {
    channel = new BroadcastChannel(name);
    channel.addEventListener('message', ({ data }) => {
      const event = parseStreamEvent(data);
      if (event) deliver(event, listener);
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

/** Listens to `/api/me/events`, with one stream for all tabs where the browser has Web Locks. */
export const startLiveEvents = (url: URL, listener: LiveListener): LiveEvents => {
  if (typeof EventSource === 'undefined') return { follow: () => undefined, close: () => undefined };
  return navigator.locks ? followTogether(url, listener) : followAlone(url, listener);
};
