/** Whose a proxied request or WebSocket is, and where it goes. */
export interface InFlightRequest {
  /** The browser's connection: `request.raw.socket`. */
  readonly connection: object;
  /** Id of the session, if there is one. */
  readonly sessionId: string | undefined;
  /** Origin of the upstream. */
  readonly upstream: string;
  /** Whether it opens a WebSocket. Default `false`. */
  readonly isWebSocket?: boolean;
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
