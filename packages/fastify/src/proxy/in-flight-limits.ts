import type { Socket } from 'node:net';
import { Problem } from '../problems.ts';

/** How many requests may be in flight at a time. */
export interface InFlightNumbers {
  /** On one connection, those that wait among them: only pipelining brings more than one. */
  readonly perConnection: number;
  /** Under way for one session. */
  readonly perSession: number;
  /** WebSockets of one session, open or waiting: they stay, and leave the rest of its share to its calls. */
  readonly webSocketsPerSession: number;
  /** Under way at one upstream. */
  readonly perUpstream: number;
  /** Waiting for one session, or for one connection where there is no session. */
  readonly waitingPerClient: number;
  /** Waiting for one upstream. */
  readonly waitingPerUpstream: number;
  /** How long a request waits at most. */
  readonly waitMs: number;
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

/** Whose a request or WebSocket is, and where it goes. */
interface InFlightTarget {
  /** Id of the session, if there is one. */
  readonly sessionId: string | undefined;
  /** Origin of the upstream. */
  readonly upstream: string;
  readonly isWebSocket: boolean;
}

/** A request that is under way, or waits for its turn. */
interface Turn extends InFlightTarget {
  readonly client: string | Socket;
  isRunning: boolean;
  /** Of one that had to wait. */
  wait:
    | { readonly promise: Promise<void>; readonly resolve: () => void; readonly timer: NodeJS.Timeout }
    | undefined;
}

/** A request that counts against the limits until it leaves. */
interface InFlightPlace {
  /**
   * Waits until the request may be sent to the upstream; returns at once when it leaves meanwhile.
   *
   * @throws Problem `rate_limited` with status 503 when the session has all its WebSockets, when the queue is full, or
   * when the request waited for too long.
   */
  readonly start: (target: InFlightTarget) => Promise<void>;
  /** Ends the request's share of the limits, waiting or under way. Does nothing the second time. */
  readonly leave: () => void;
}

const refusal = (what: string): Problem =>
  new Problem('rate_limited', `Too many requests are in flight ${what}`, { status: 503, retryAfter: 1 });

/** Counts by key; a key without any is forgotten, and `undefined` is not counted. */
const createCounts = <Key>() => {
  const counts = new Map<Key, number>();
  return {
    of: (key: Key | undefined): number => (key === undefined ? 0 : (counts.get(key) ?? 0)),
    add: (key: Key | undefined, change: 1 | -1): void => {
      if (key === undefined) return;
      const count = (counts.get(key) ?? 0) + change;
      if (count === 0) counts.delete(key);
      else counts.set(key, count);
    },
  };
};

/** Makes what starts requests as there is room for them. Clients that wait are served in turn. */
const createTurns = (numbers: InFlightNumbers) => {
  const sessions = createCounts<string>();
  const upstreams = createCounts<string>();
  const webSockets = createCounts<string>();
  let waiting: Turn[] = [];

  const hasRoom = ({ sessionId, upstream }: Turn): boolean =>
    upstreams.of(upstream) < numbers.perUpstream && sessions.of(sessionId) < numbers.perSession;
  const count = (turn: Turn, change: 1 | -1): void => {
    turn.isRunning = change === 1;
    upstreams.add(turn.upstream, change);
    sessions.add(turn.sessionId, change);
  };
  const stopWaiting = (turn: Turn): void => {
    clearTimeout(turn.wait?.timer);
    waiting = waiting.filter((one) => one !== turn);
  };
  const wait = (turn: Turn): void => {
    const ofClient = waiting.filter(({ client }) => client === turn.client);
    const ofUpstream = waiting.filter(({ upstream }) => upstream === turn.upstream);
    if (ofClient.length >= numbers.waitingPerClient || ofUpstream.length >= numbers.waitingPerUpstream)
      throw refusal('for one session or upstream');
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const timer = setTimeout(() => {
      stopWaiting(turn);
      reject(refusal('for the request to start in time'));
    }, numbers.waitMs);
    turn.wait = { promise, resolve, timer };
    waiting.push(turn);
  };
  const runNext = (): boolean => {
    const next = waiting.find(hasRoom);
    if (next === undefined) return false;
    stopWaiting(next);
    count(next, 1);
    next.wait?.resolve();
    const isSame = ({ client }: Turn): boolean => client === next.client;
    // What else its client waits for goes behind every other client.
    waiting = [...waiting.filter((one) => !isSame(one)), ...waiting.filter(isSame)];
    return true;
  };
  return {
    add: (turn: Turn): void => {
      const socketsOf = turn.isWebSocket ? turn.sessionId : undefined;
      if (webSockets.of(socketsOf) >= numbers.webSocketsPerSession)
        throw refusal('as WebSockets of one session');
      if (hasRoom(turn)) count(turn, 1);
      else wait(turn);
      webSockets.add(socketsOf, 1);
    },
    remove: (turn: Turn): void => {
      webSockets.add(turn.isWebSocket ? turn.sessionId : undefined, -1);
      if (!turn.isRunning) {
        stopWaiting(turn);
        turn.wait?.resolve();
        return;
      }
      count(turn, -1);
      while (runNext());
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

/**
 * Makes the bounds of the requests and WebSockets in flight: per connection, per session and per upstream. `given` changes
 * single numbers.
 */
export const createInFlightLimits = (given: Partial<InFlightNumbers> = {}) => {
  const numbers = { ...inFlightNumbers, ...given };
  const connections = createCounts<Socket>();
  const turns = createTurns(numbers);
  const noteRefusal = createFloodGuard();
  return {
    /**
     * Takes a place on a connection. One that then finds its session or upstream busy waits in a queue.
     *
     * @throws Problem `rate_limited` with status 503 when the connection is full.
     */
    enter: (connection: Socket): InFlightPlace => {
      if (connections.of(connection) >= numbers.perConnection) {
        noteRefusal(connection);
        throw refusal('on one connection');
      }
      connections.add(connection, 1);
      let turn: Turn | undefined;
      let hasLeft = false;
      return {
        start: async ({ sessionId, upstream, isWebSocket }) => {
          if (hasLeft) return;
          const client = sessionId ?? connection;
          const next: Turn = { sessionId, upstream, isWebSocket, client, isRunning: false, wait: undefined };
          turns.add(next);
          turn = next;
          if (turn.wait !== undefined) await turn.wait.promise;
        },
        leave: () => {
          if (hasLeft) return;
          hasLeft = true;
          connections.add(connection, -1);
          if (turn !== undefined) turns.remove(turn);
        },
      };
    },
  };
};
