import type { SignedOutReason } from '@foyer/contract';
import type { FastifyBaseLogger } from 'fastify';
import { logEvent } from '../events.ts';
import type { SessionStore } from '../stores/session-store.ts';

type EndedListener = (reason: SignedOutReason) => void;

/** Tells who listens that a session has ended, on every process. */
export interface SessionEvents {
  /** The session is over already: what cannot be told is logged. */
  readonly publishEnded: (id: string, reason: SignedOutReason) => Promise<void>;
  /** Calls back once, also when the session expires by itself; gives back the way to stop listening. */
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

const parseEnded = (message: string): { id: string; reason: SignedOutReason } | undefined => {
  const value: unknown = JSON.parse(message);
  if (typeof value !== 'object' || value === null || !('ended' in value) || !('reason' in value))
    return undefined;
  const reason = reasons.find((known) => known === value.reason);
  return typeof value.ended === 'string' && reason !== undefined ? { id: value.ended, reason } : undefined;
};

interface Watch {
  readonly listeners: Set<EndedListener>;
  timer: NodeJS.Timeout | undefined;
}

const longestWait = 2 ** 31 - 1;
/** Milliseconds within which every watched session is looked at after messages were lost. */
const longestBlind = 500;

/** Makes the events of the sessions in `store`; it is listened to only while somebody here listens. */
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
    const listeners = [...(watches.get(id)?.listeners ?? [])];
    forget(id);
    for (const listener of listeners) listener(reason);
  };

  const receive = (message: string): void => {
    const ended = parseEnded(message);
    if (ended) dispatch(ended.id, ended.reason);
  };

  /** Nobody announces that time has passed: look when it must have, and whether the end has moved since. */
  const watchExpiry = async (id: string, watch: Watch): Promise<void> => {
    const wait = await Promise.resolve(store.read(id)).then(
      (stored) => stored && Math.max(stored.expiresAt - clock(), 20),
    );
    if (watches.get(id) !== watch) return;
    if (wait === undefined) return dispatch(id, 'expired');
    lookIn(Math.min(wait, longestWait), id, watch);
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

  /** What was not heard is seen, not at one moment for all. */
  const lookAtAll = (): void => {
    for (const [id, watch] of watches) lookIn(Math.random() * longestBlind, id, watch);
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
