import { type ExpiringEvent, type SignedOutReason, signedOutReasons } from '@foyer/contract';
import { startTurn } from './turn.ts';

/** Callbacks for the events of the session. */
export interface LiveListener {
  /** The session has ended; `reason` is undefined when the server sent none that this client knows. */
  readonly onEnded: (reason: SignedOutReason | undefined) => void;
  readonly onExpiring: (expiring: ExpiringEvent) => void;
  /** There has been no stream for half a minute, because the server refuses one: the session has to be requested. */
  readonly onMissing: () => void;
  /** Whether the page is being left: a stream that opens then belongs to a session that may be over. */
  readonly isLeaving: () => boolean;
}

/** The subscription to the session's events. */
export interface LiveEvents {
  /** Listens while a user is signed in, and only then. */
  readonly follow: (isSignedIn: boolean) => void;
  readonly close: () => void;
}

/** `EventSource.CLOSED`: the browser does not reconnect by itself. */
const closed = 2;

/** How long a tab waits after a refused stream, such as one above the server's limit, before it asks again. */
const refusedDelayMs = 30_000;

/** Sent by a tab that was opened later: the tab with the stream then repeats the last event. */
const joined = 'joined';

type Fields = Partial<Record<string, unknown>>;

const parseFields = (data: string): Fields => {
  try {
    return { ...JSON.parse(data) };
  } catch {
    return {}; // Not JSON: an event without fields.
  }
};

const parseReason = ({ reason }: Fields): SignedOutReason | undefined =>
  signedOutReasons.find((each) => each === reason);

const parseExpiring = ({ limit, expiresAt, now }: Fields): ExpiringEvent | undefined => {
  const isKnown = (limit === 'idle' || limit === 'absolute') && typeof expiresAt === 'string';
  return isKnown && typeof now === 'string' ? { limit, expiresAt, now } : undefined;
};

/**
 * Calls the listener with an event of the stream, written as its name, a blank and its data, as the tab that has the
 * stream sends it to the other tabs.
 */
const deliver = (event: string, { onEnded, onExpiring }: LiveListener): void => {
  const [, name, data = ''] = /^(signed-out|expiring) (.*)$/s.exec(event) ?? [];
  const fields = parseFields(data);
  const expiring = parseExpiring(fields);
  if (name === 'signed-out') onEnded(parseReason(fields));
  else if (expiring) onExpiring(expiring);
};

/** One stream of `/api/me/events`. After a failure the next call of `open` connects again. */
const createStream = (url: URL, onEvent: (event: string) => void, { onMissing, isLeaving }: LiveListener) => {
  let source: EventSource | undefined;
  let timer: ReturnType<typeof setTimeout> | undefined;
  const close = (): void => {
    clearTimeout(timer);
    source?.close();
    source = undefined;
  };
  return {
    open: (): void => {
      if (isLeaving() || (source !== undefined && source.readyState !== closed)) return;
      const opened = new EventSource(url, { withCredentials: true });
      for (const type of ['signed-out', 'expiring'] as const)
        opened.addEventListener(type, (event: Event) => {
          if (type === 'signed-out') close();
          onEvent(`${type} ${event instanceof MessageEvent ? event.data : ''}`);
        });
      opened.addEventListener('error', () => {
        clearTimeout(timer);
        if (opened.readyState === closed) timer = setTimeout(onMissing, refusedDelayMs);
      });
      source = opened;
    },
    close,
  };
};

/** Opens one stream for each tab, as far as the server allows, for browsers in which tabs cannot share one. */
const followAlone = (url: URL, listener: LiveListener): LiveEvents => {
  const stream = createStream(url, (event) => deliver(event, listener), listener);
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
  let last: string | undefined;
  const announce = (event: string): void => {
    last = event;
    channel?.postMessage(event);
    deliver(event, listener);
  };
  const stream = createStream(url, announce, listener);
  const turn = startTurn(name, stream.open);
  const join = (): void => {
    channel = new BroadcastChannel(name);
    channel.addEventListener('message', ({ data }) => {
      if (data !== joined) deliver(String(data), listener);
      else if (last) channel?.postMessage(last);
    });
    channel.postMessage(joined);
  };
  const close = (): void => {
    turn.giveUp();
    stream.close();
    last = undefined;
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

/** Listens to `/api/me/events`, with one stream for all tabs where the browser has Web Locks and `BroadcastChannel`. */
export const startLiveEvents = (url: URL, listener: LiveListener): LiveEvents => {
  if (typeof EventSource === 'undefined') return { follow: () => undefined, close: () => undefined };
  const canShare = navigator.locks && globalThis.BroadcastChannel;
  return (canShare ? followTogether : followAlone)(url, listener);
};
