/** Whose a proxied request or WebSocket is, and where it goes. */
export interface InFlightRequest {
  /** The browser's connection: `request.raw.socket`. */
  readonly connection: object;
  /** Id of the session, if there is one. */
  readonly sessionId: string | undefined;
  /** Origin of the upstream. */
  readonly upstream: string;
  readonly isWebSocket: boolean;
}

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

/** Counts by key; a key without any is forgotten, and `undefined` is not counted. */
export const createCounts = <Key>() => {
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

/** A request that is under way, or waits for its turn. */
export interface QueuedRequest {
  readonly request: InFlightRequest;
  readonly turn: PromiseWithResolvers<void>;
  isRunning: boolean;
  timer: NodeJS.Timeout | undefined;
}

const clientOf = ({ sessionId, connection }: InFlightRequest): string | object => sessionId ?? connection;

/** Makes the queue. Clients are served in turn, each in the order of its requests as far as there is room for them. */
export const createQueue = ({ waitingPerClient, waitingPerUpstream }: InFlightNumbers) => {
  const clients = new Map<string | object, QueuedRequest[]>();
  const upstreams = createCounts<string>();
  const listOf = (request: InFlightRequest): QueuedRequest[] => clients.get(clientOf(request)) ?? [];
  /** Returns whether it was waiting. */
  const remove = (queued: QueuedRequest): boolean => {
    const { request } = queued;
    const list = listOf(request);
    const index = list.indexOf(queued);
    if (index === -1) return false;
    clearTimeout(queued.timer);
    list.splice(index, 1);
    if (list.length === 0) clients.delete(clientOf(request));
    upstreams.add(request.upstream, -1);
    return true;
  };
  return {
    isFullFor: (request: InFlightRequest): boolean =>
      listOf(request).length >= waitingPerClient || upstreams.of(request.upstream) >= waitingPerUpstream,
    add: (queued: QueuedRequest): void => {
      clients.set(clientOf(queued.request), [...listOf(queued.request), queued]);
      upstreams.add(queued.request.upstream, 1);
    },
    remove,
    take: (hasRoom: (request: InFlightRequest) => boolean): QueuedRequest | undefined => {
      for (const [client, list] of clients) {
        const next = list.find(({ request }) => hasRoom(request));
        if (next === undefined) continue;
        remove(next);
        // Goes to the end of the line, behind every other client that waits.
        if (clients.delete(client)) clients.set(client, list);
        return next;
      }
      return undefined;
    },
  };
};
