import type { Socket } from 'node:net';
import { Problem } from '../problems.ts';
import {
  createCounts,
  createQueue,
  type InFlightNumbers,
  type InFlightRequest,
  type QueuedRequest,
} from './request-queue.ts';

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

const refusal = (what: string): Problem =>
  new Problem('rate_limited', `Too many requests are in flight ${what}`, { status: 503, retryAfter: 1 });

/** Makes what starts requests as there is room for them. */
const createTurns = (numbers: InFlightNumbers) => {
  const running = { sessions: createCounts<string>(), upstreams: createCounts<string>() };
  const webSockets = createCounts<string>();
  const queue = createQueue(numbers);
  const hasRoom = ({ sessionId, upstream }: InFlightRequest): boolean =>
    running.upstreams.of(upstream) < numbers.perUpstream &&
    running.sessions.of(sessionId) < numbers.perSession;
  const countRunning = ({ sessionId, upstream }: InFlightRequest, change: 1 | -1): void => {
    running.upstreams.add(upstream, change);
    running.sessions.add(sessionId, change);
  };
  const socketOf = ({ isWebSocket, sessionId }: InFlightRequest): string | undefined =>
    isWebSocket ? sessionId : undefined;
  const run = (queued: QueuedRequest): void => {
    countRunning(queued.request, 1);
    queued.isRunning = true;
    queued.turn.resolve();
  };
  const wait = (queued: QueuedRequest): void => {
    if (queue.isFullFor(queued.request)) throw refusal('for one session or upstream');
    queue.add(queued);
    queued.timer = setTimeout(() => {
      queue.remove(queued);
      queued.turn.reject(refusal('for the request to start in time'));
    }, numbers.waitMs);
  };
  return {
    add: (request: InFlightRequest): QueuedRequest => {
      if (webSockets.of(socketOf(request)) >= numbers.webSocketsPerSession)
        throw refusal('as WebSockets of one session');
      const queued = { request, turn: Promise.withResolvers<void>(), isRunning: false, timer: undefined };
      if (hasRoom(request)) run(queued);
      else wait(queued);
      webSockets.add(socketOf(request), 1);
      return queued;
    },
    remove: (queued: QueuedRequest): void => {
      webSockets.add(socketOf(queued.request), -1);
      if (queue.remove(queued)) queued.turn.resolve();
      if (!queued.isRunning) return;
      countRunning(queued.request, -1);
      for (let next = queue.take(hasRoom); next !== undefined; next = queue.take(hasRoom)) run(next);
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
  const turns = createTurns(numbers);
  const noteRefusal = createFloodGuard();
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
          queued = turns.add({ ...target, connection });
          await queued.turn.promise;
        },
        leave: () => {
          if (hasLeft) return;
          hasLeft = true;
          connections.add(connection, -1);
          if (queued !== undefined) turns.remove(queued);
        },
      };
    },
  };
};
