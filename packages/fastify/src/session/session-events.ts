import { type SignedOutReason, signedOutReasons } from '@foyer/contract';
import type { FastifyBaseLogger } from 'fastify';
import { z } from 'zod';
import { logEvent } from '../events.ts';
import { parseObject } from '../provider/json-object.ts';
import { createListeners, type Listeners } from '../stores/listeners.ts';
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

const endedMessage = z.object({ ended: z.string(), reason: z.enum(signedOutReasons) });

/** Messages come from outside: everything that can reach the store can send one. `undefined` for one that is not ours. */
const parseEnded = (message: string): z.output<typeof endedMessage> | undefined =>
  endedMessage.safeParse(parseObject(message)).data;

interface Watch {
  readonly listeners: Listeners<SignedOutReason>;
  timer: NodeJS.Timeout | undefined;
}

/** What a timer counts at most. */
const longestWaitMs = 2 ** 31 - 1;
const shortestWaitMs = 20;
/** Milliseconds within which every watched session is looked at after messages were lost. */
const longestMissedMs = 500;

/** What the events of one BFF work with. */
interface SessionEventsContext {
  readonly store: SessionStore;
  readonly clock: () => number;
  readonly log: FastifyBaseLogger;
  /** The watched sessions, by their ids. */
  readonly watches: Map<string, Watch>;
  readonly onEnd: (id: string, reason: SignedOutReason) => void;
}

/** Expiry is not announced: the store is read when a session must be over, as its end may have moved since. */
const watchExpiry = async (context: SessionEventsContext, id: string, watch: Watch): Promise<void> => {
  const { store, clock, watches, onEnd } = context;
  const stored = await store.read(id);
  if (watches.get(id) !== watch) return;
  if (stored === undefined) return onEnd(id, 'expired');
  const waitMs = Math.max(stored.expiresAt - clock(), shortestWaitMs);
  lookIn(context, id, Math.min(waitMs, longestWaitMs));
};

const lookIn = (context: SessionEventsContext, id: string, waitMs: number): void => {
  const watch = context.watches.get(id);
  if (watch === undefined) return;
  const look = (): void => {
    watchExpiry(context, id, watch).catch((error: unknown) => {
      logEvent(context.log, 'expiry_unknown', { err: error });
      if (context.watches.get(id) === watch) lookIn(context, id, 1000);
    });
  };
  clearTimeout(watch.timer);
  watch.timer = setTimeout(look, waitMs);
  watch.timer.unref();
};

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
    const watch = watches.get(id);
    forget(id);
    watch?.listeners.call(reason);
  };
  const context = { store, clock, log, watches, onEnd: dispatch };

  const receive = (message: string): void => {
    const found = parseEnded(message);
    if (found) dispatch(found.ended, found.reason);
  };
  /** Missed messages are found by polling, with jitter. */
  const lookAtAll = (): void => {
    for (const id of watches.keys()) lookIn(context, id, Math.random() * longestMissedMs);
  };
  const logFailure = (error: unknown): void => logEvent(log, 'stream_failed', { err: error });
  const startWatch = (id: string): Watch => {
    const watch: Watch = { listeners: createListeners(logFailure), timer: undefined };
    watches.set(id, watch);
    unsubscribe ??= store.subscribe(receive, lookAtAll);
    lookIn(context, id, 250);
    return watch;
  };

  return {
    publishEnded: async (id, reason) => {
      dispatch(id, reason);
      try {
        await store.publish(JSON.stringify({ ended: id, reason }));
      } catch (error) {
        logEvent(log, 'end_not_announced', { err: error });
      }
    },
    onEnded: (id, listener) => {
      const watch = watches.get(id) ?? startWatch(id);
      const remove = watch.listeners.add(listener);
      return () => {
        remove();
        if (watch.listeners.isEmpty() && watches.get(id) === watch) forget(id);
      };
    },
    stop: () => {
      for (const id of [...watches.keys()]) forget(id);
    },
  };
};
