import type { InFlightNumbers, InFlightRequest } from './in-flight-request.ts';

/** A request that is granted its place at once, or waits for it. */
export interface QueuedRequest {
  readonly request: InFlightRequest;
  readonly granted: Promise<void>;
  readonly grant: () => void;
  readonly refuse: (reason: Error) => void;
  /** Ends the waiting without a place. */
  readonly settle: () => void;
  readonly wasGranted: () => boolean;
  timer: NodeJS.Timeout | undefined;
}

/** Makes a request that is neither granted nor refused. */
export const createQueuedRequest = (request: InFlightRequest): QueuedRequest => {
  const { promise: granted, resolve, reject } = Promise.withResolvers<void>();
  let wasGranted = false;
  return {
    request,
    granted,
    grant: () => {
      wasGranted = true;
      resolve();
    },
    refuse: reject,
    settle: resolve,
    wasGranted: () => wasGranted,
    timer: undefined,
  };
};

/** The requests that wait for their place. */
interface RequestQueue {
  readonly isFullFor: (request: InFlightRequest) => boolean;
  /** `onLate` is called when the request waited for too long, and is removed by then. */
  readonly add: (queued: QueuedRequest, onLate: () => void) => void;
  /** Returns whether it was waiting. */
  readonly remove: (queued: QueuedRequest) => boolean;
  /** Removes and returns the next request that there is room for. */
  readonly take: () => QueuedRequest | undefined;
}

const clientOf = ({ sessionId, connection }: InFlightRequest): string | object => sessionId ?? connection;

/** Makes the queue. Clients are served in turn, each in the order of its requests as far as there is room for them. */
export const createRequestQueue = (
  { waitingPerClient, waitingPerUpstream, waitMs }: InFlightNumbers,
  hasRoom: (request: InFlightRequest) => boolean,
): RequestQueue => {
  const clients = new Map<string | object, QueuedRequest[]>();
  const upstreams = new Map<string, number>();

  const listOf = (request: InFlightRequest): QueuedRequest[] => clients.get(clientOf(request)) ?? [];
  const countAt = ({ upstream }: InFlightRequest): number => upstreams.get(upstream) ?? 0;

  const remove = (queued: QueuedRequest): boolean => {
    const { request } = queued;
    const list = listOf(request);
    const index = list.indexOf(queued);
    if (index === -1) return false;
    clearTimeout(queued.timer);
    list.splice(index, 1);
    if (list.length === 0) clients.delete(clientOf(request));
    const left = countAt(request) - 1;
    if (left === 0) upstreams.delete(request.upstream);
    else upstreams.set(request.upstream, left);
    return true;
  };

  return {
    isFullFor: (request) =>
      listOf(request).length >= waitingPerClient || countAt(request) >= waitingPerUpstream,
    add: (queued, onLate) => {
      const { request } = queued;
      clients.set(clientOf(request), [...listOf(request), queued]);
      upstreams.set(request.upstream, countAt(request) + 1);
      queued.timer = setTimeout(() => {
        remove(queued);
        onLate();
      }, waitMs);
    },
    remove,
    take: () => {
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
