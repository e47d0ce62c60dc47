import type { SignedOutReason } from '@foyer/contract';
import type { FastifyBaseLogger } from 'fastify';
import { logEvent } from '../events.ts';
import type { SessionStore } from '../stores/session-store.ts';

type EndedListener = (reason: SignedOutReason) => void;

/** Informs listeners, on every process, that a session has ended. */
export interface SessionEvents {
  /** Never throws: the session is over already, and a message that cannot be sent is logged. */
  readonly publishEnded: (id: string, reason: SignedOutReason) => Promise<void>;
  /** Calls back once, also when the session expires by itself; returns the way to stop listening. */
  readonly onEnded: (id: string, listener: EndedListener) => () => void;
  readonly stop: () => void;
}

const reasons: readonly SignedOutReason[] = [
  'logout',
  'backchannel',
  'expired',
  'revoked',
  'refresh_failed',
  'replaced',
];

/** Messages come from outside: everything that can reach the store can send one. `undefined` for one that is not ours. */
const parseEnded = (message: string): { id: string; reason: SignedOutReason } | undefined => {
  let value: unknown;
  try {
    value = JSON.parse(message);
  } catch {
    return undefined;
  }
  if (typeof value !== 'object' || value === null || !('ended' in value) || !('reason' in value))
    return undefined;
  const reason = reasons.find((known) => known === value.reason);
  return typeof value.ended === 'string' && reason !== undefined ? { id: value.ended, reason } : undefined;
};

const callEach = (
  listeners: ReadonlySet<EndedListener> | undefined,
  reason: SignedOutReason,
  log: FastifyBaseLogger,
): void => {
  for (const listener of [...(listeners ?? [])]) {
    try {
      listener(reason);
    } catch (error) {
      logEvent(log, 'stream_failed', { err: error });
    }
  }
};

interface Watch {
  readonly listeners: Set<EndedListener>;
  timer: NodeJS.Timeout | undefined;
}

/** What a timer counts at most. */
const longestWaitMs = 2 ** 31 - 1;
const shortestWaitMs = 20;
/** Milliseconds within which every watched session is looked at after messages were lost. */
const longestMissedMs = 500;

/** Makes the events of the sessions in `store`, which is subscribed to only while there are listeners here. */
export const createSessionEvents = (
  store: SessionStore,
  clock: () => number,
  log: FastifyBaseLogger,
): SessionEvents => {
  const watches = new Map<string, Watch>();
  let unsubscribe: (() => void) | undefined;

  const forget = (id: string): void => {
    clearTimeout(watches.get(id)?.timer);
    watches.delete(id);
    if (watches.size > 0) return;
    unsubscribe?.();
    unsubscribe = undefined;
  };

  const dispatch = (id: string, reason: SignedOutReason): void => {
    const listeners = watches.get(id)?.listeners;
    forget(id);
    callEach(listeners, reason, log);
  };

  const receive = (message: string): void => {
    const ended = parseEnded(message);
    if (ended) dispatch(ended.id, ended.reason);
  };

  /** Expiry is not announced: the store is read when the session must be over, as its end may have moved since. */
  const watchExpiry = async (id: string, watch: Watch): Promise<void> => {
    const stored = await store.read(id);
    if (watches.get(id) !== watch) return;
    if (stored === undefined) return dispatch(id, 'expired');
    const waitMs = Math.max(stored.expiresAt - clock(), shortestWaitMs);
    lookIn(Math.min(waitMs, longestWaitMs), id, watch);
  };

  const look = (id: string, watch: Watch): void => {
    watchExpiry(id, watch).catch((error: unknown) => {
      logEvent(log, 'expiry_unknown', { err: error });
      if (watches.get(id) === watch) lookIn(1000, id, watch);
    });
  };

  const lookIn = (milliseconds: number, id: string, watch: Watch): void => {
    clearTimeout(watch.timer);
    watch.timer = setTimeout(() => look(id, watch), milliseconds);
    watch.timer.unref();
  };

  /** Missed messages are found by polling, with jitter. */
  const lookAtAll = (): void => {
    for (const [id, watch] of watches) lookIn(Math.random() * longestMissedMs, id, watch);
  };

  const startWatch = (id: string): Watch => {
    const watch: Watch = { listeners: new Set(), timer: undefined };
    watches.set(id, watch);
    unsubscribe ??= store.subscribe(receive, lookAtAll);
    lookIn(250, id, watch);
    return watch;
  };

  return {
    publishEnded: async (id, reason) => {
      dispatch(id, reason);
      try {
        await store.publish(JSON.stringify({ ended: id, reason }));
      } catch (error) {
        logEvent(log, 'end_untold', { err: error });
      }
    },
    onEnded: (id, listener) => {
      const watch = watches.get(id) ?? startWatch(id);
      watch.listeners.add(listener);
      return () => {
        watch.listeners.delete(listener);
        if (watch.listeners.size === 0 && watches.get(id) === watch) forget(id);
      };
    },
    stop: () => {
      for (const id of [...watches.keys()]) forget(id);
    },
  };
};
