import type { Socket } from 'node:net';
import { Problem } from '../problems.ts';

/** How many requests may be in flight at a time. */
export const inFlightNumbers = {
  /** On one connection, those that wait among them: only pipelining brings more than one. */
  perConnection: 64,
  /** Under way for one session. */
  perSession: 100,
  /** WebSockets of one session, open or waiting: they stay, and leave the rest of its share to its calls. */
  webSocketsPerSession: 30,
  /** Under way at one upstream. */
  perUpstream: 1024,
  /** Waiting for one session, or for one connection where there is no session. */
  waitingPerClient: 100,
  /** Waiting for one upstream. */
  waitingPerUpstream: 1024,
  /** How long a request waits at most. */
  waitMs: 5000,
};

/** The limits of `createInFlightLimits`. */
export type InFlightNumbers = typeof inFlightNumbers;

/** A request that counts against the limits until it leaves. */
interface InFlightPlace {
  /**
   * Waits until the request may be sent to the upstream; returns at once when it leaves meanwhile.
   *
   * @throws Problem `rate_limited` with status 503 when the session has all its WebSockets, when the queue is full,
   * or when the request waited for too long.
   */
  readonly start: (of: Pick<Turn, 'sessionId' | 'upstream' | 'isWebSocket'>) => Promise<void>;
  /** Ends the request's share of the limits, waiting or under way. Does nothing the second time. */
  readonly leave: () => void;
}

/** The bounds of the requests and WebSockets in flight: for each connection, session and upstream. */
interface InFlightLimits {
  /** Takes a place on a connection. @throws Problem `rate_limited` with status 503 when the connection is full. */
  readonly enter: (connection: Socket) => InFlightPlace;
}

/** A request or WebSocket that is under way, or waits for its turn. */
interface Turn {
  readonly sessionId: string | undefined;
  /** Origin of the upstream. */
  readonly upstream: string;
  readonly isWebSocket: boolean;
  /** The session, or the connection where there is no session. */
  readonly client: string | Socket;
  isRunning: boolean;
  wait: PromiseWithResolvers<void> | undefined;
  timer: NodeJS.Timeout | undefined;
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
  let waiting: readonly Turn[] = [];

  const hasRoom = ({ sessionId, upstream }: Turn): boolean =>
    upstreams.of(upstream) < numbers.perUpstream && sessions.of(sessionId) < numbers.perSession;
  const countRunning = (turn: Turn, change: 1 | -1): void => {
    turn.isRunning = change === 1;
    upstreams.add(turn.upstream, change);
    sessions.add(turn.sessionId, change);
  };
  const stopWaiting = (turn: Turn): void => {
    clearTimeout(turn.timer);
    waiting = waiting.filter((one) => one !== turn);
  };
  const startWaiting = (turn: Turn): void => {
    const ofClient = waiting.filter(({ client }) => client === turn.client);
    const ofUpstream = waiting.filter(({ upstream }) => upstream === turn.upstream);
    if (ofClient.length >= numbers.waitingPerClient || ofUpstream.length >= numbers.waitingPerUpstream)
      throw refusal('for one session or upstream');
    turn.wait = Promise.withResolvers();
    turn.timer = setTimeout(() => {
      stopWaiting(turn);
      turn.wait?.reject(refusal('for the request to start in time'));
    }, numbers.waitMs);
    waiting = [...waiting, turn];
  };
  const runNext = (next: Turn): void => {
    stopWaiting(next);
    countRunning(next, 1);
    next.wait?.resolve();
    // What else its client waits for goes behind every other client.
    const others = waiting.filter(({ client }) => client !== next.client);
    waiting = [...others, ...waiting.filter(({ client }) => client === next.client)];
  };
  return {
    add: (turn: Turn): void => {
      const socketsOf = turn.isWebSocket ? turn.sessionId : undefined;
      if (webSockets.of(socketsOf) >= numbers.webSocketsPerSession)
        throw refusal('as WebSockets of one session');
      if (hasRoom(turn)) countRunning(turn, 1);
      else startWaiting(turn);
      webSockets.add(socketsOf, 1);
    },
    remove: (turn: Turn): void => {
      webSockets.add(turn.isWebSocket ? turn.sessionId : undefined, -1);
      if (turn.isRunning) countRunning(turn, -1);
      else stopWaiting(turn);
      turn.wait?.resolve();
      for (let next = waiting.find(hasRoom); next !== undefined; next = waiting.find(hasRoom)) runNext(next);
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
  const connections = createCounts<Socket>();
  const turns = createTurns(numbers);
  const noteRefusal = createFloodGuard();
  const enter: InFlightLimits['enter'] = (connection) => {
    if (connections.of(connection) >= numbers.perConnection) {
      noteRefusal(connection);
      throw refusal('on one connection');
    }
    connections.add(connection, 1);
    let turn: Turn | undefined;
    let hasLeft = false;
    return {
      start: async (of) => {
        if (hasLeft) return;
        const client = of.sessionId ?? connection;
        const next: Turn = { ...of, client, isRunning: false, wait: undefined, timer: undefined };
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
  };
  return { enter };
};
