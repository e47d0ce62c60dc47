import type { Socket } from 'node:net';
import { Problem } from '../problems.ts';
import type { InFlightNumbers, InFlightRequest } from './in-flight-request.ts';
import { createQueuedRequest, createRequestQueue, type QueuedRequest } from './request-queue.ts';

/** A request that counts against the limits until it leaves. */
interface InFlightPlace {
  /**
   * Waits until the request may be sent to the upstream; returns at once when it leaves meanwhile.
   *
   * @throws Problem `rate_limited` with status 503 when the session has all its WebSockets, when the queue is full, or
   * when the request waited for too long.
   */
  readonly start: (target: Omit<InFlightRequest, 'connection'>) => Promise<void>;
  /** Ends the request's share of the limits, waiting or under way. Does nothing the second time. */
  readonly leave: () => void;
}

/** The limits that the proxy runs with. */
export const inFlightNumbers: InFlightNumbers = {
  perConnection: 64,
  perSession: 100,
  webSocketsPerSession: 30,
  perUpstream: 1024,
  waitingPerClient: 100,
  waitingPerUpstream: 1024,
  waitMs: 5000,
};

/** Bounds the requests and WebSockets in flight: per connection, per session and per upstream. */
export interface InFlightLimits {
  /**
   * Takes a place on a connection. One that then finds its session or upstream busy waits in a
   * queue that serves clients in turn.
   *
   * @throws Problem `rate_limited` with status 503 when the connection is full.
   */
  readonly enter: (connection: Socket) => InFlightPlace;
}

/** Counts by key; a key without any is forgotten. */
const createCounts = <Key>() => {
  const counts = new Map<Key, number>();
  return {
    of: (key: Key): number => counts.get(key) ?? 0,
    add: (key: Key, change: 1 | -1): void => {
      const count = (counts.get(key) ?? 0) + change;
      if (count === 0) counts.delete(key);
      else counts.set(key, count);
    },
  };
};

const createRunningCounts = ({ perSession, perUpstream }: InFlightNumbers) => {
  const sessions = createCounts<string>();
  const upstreams = createCounts<string>();
  return {
    hasRoom: ({ sessionId, upstream }: InFlightRequest): boolean =>
      upstreams.of(upstream) < perUpstream &&
      (sessionId === undefined || sessions.of(sessionId) < perSession),
    add: ({ sessionId, upstream }: InFlightRequest, change: 1 | -1): void => {
      upstreams.add(upstream, change);
      if (sessionId !== undefined) sessions.add(sessionId, change);
    },
  };
};

const refusal = (what: string): Problem =>
  new Problem('rate_limited', `Too many requests are in flight ${what}`, { status: 503, retryAfter: 1 });

/** Counts the WebSockets of each session, those that wait among them. */
const createWebSocketCounts = ({ webSocketsPerSession }: InFlightNumbers) => {
  const sessions = createCounts<string>();
  const sessionOf = ({ isWebSocket = false, sessionId }: InFlightRequest): string | undefined =>
    isWebSocket ? sessionId : undefined;
  return {
    isFullFor: (request: InFlightRequest): boolean => {
      const session = sessionOf(request);
      return session !== undefined && sessions.of(session) >= webSocketsPerSession;
    },
    add: (request: InFlightRequest, change: 1 | -1): void => {
      const session = sessionOf(request);
      if (session !== undefined) sessions.add(session, change);
    },
  };
};

/** More refusals on one connection than this are a flood. */
const mostRefusals = 64;
const floodMs = 1000;

/**
 * Cuts a connection on which calls are refused again and again: with so many answers before it, Node reads it no more, and
 * would not notice that its client has left.
 */
const createFloodGuard = (): ((connection: Socket) => void) => {
  const refusals = new WeakMap<Socket, number>();
  return (connection) => {
    const count = (refusals.get(connection) ?? 0) + 1;
    refusals.set(connection, count);
    if (count === mostRefusals) setTimeout(() => connection.destroy(), floodMs).unref();
  };
};

/** Makes the limits; `given` changes single numbers. */
export const createInFlightLimits = (given: Partial<InFlightNumbers> = {}): InFlightLimits => {
  const numbers = { ...inFlightNumbers, ...given };
  const connections = createCounts<object>();
  const running = createRunningCounts(numbers);
  const webSockets = createWebSocketCounts(numbers);
  const queue = createRequestQueue(numbers, running.hasRoom);
  const noteRefusal = createFloodGuard();

  const grant = (queued: QueuedRequest): void => {
    running.add(queued.request, 1);
    queued.grant();
  };
  const grantNext = (): void => {
    for (let next = queue.take(); next !== undefined; next = queue.take()) grant(next);
  };
  const add = (request: InFlightRequest): QueuedRequest => {
    if (webSockets.isFullFor(request)) throw refusal('as WebSockets of one session');
    const queued = createQueuedRequest(request);
    if (running.hasRoom(request)) grant(queued);
    else if (queue.isFullFor(request)) throw refusal('for one session or upstream');
    else queue.add(queued, () => queued.refuse(refusal('for the request to start in time')));
    webSockets.add(request, 1);
    return queued;
  };
  const remove = (queued: QueuedRequest): void => {
    webSockets.add(queued.request, -1);
    if (queue.remove(queued)) queued.settle();
    if (!queued.wasGranted()) return;
    running.add(queued.request, -1);
    grantNext();
  };

  return {
    enter: (connection) => {
      if (connections.of(connection) >= numbers.perConnection) {
        noteRefusal(connection);
        throw refusal('on one connection');
      }
      connections.add(connection, 1);
      let queued: QueuedRequest | undefined;
      let hasLeft = false;
      return {
        start: async (target) => {
          if (hasLeft) return;
          queued = add({ ...target, connection });
          await queued.granted;
        },
        leave: () => {
          if (hasLeft) return;
          hasLeft = true;
          connections.add(connection, -1);
          if (queued !== undefined) remove(queued);
        },
      };
    },
  };
};
