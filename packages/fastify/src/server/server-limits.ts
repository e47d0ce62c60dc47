/** How long and how many a server waits for. Durations are seconds. */
export interface ServerLimits {
  /** Until a request's headers are there. */
  readonly headersTimeout: number;
  /** Until a whole request is there, its body too. */
  readonly requestTimeout: number;
  /** Without a byte either way while a request is under way: a reader that reads nothing is cut. */
  readonly idleTimeout: number;
  /** Between two requests of a connection. Longer than the 60 s of most load balancers, so that they close first. */
  readonly keepAliveTimeout: number;
  /** How often the first two are looked at. */
  readonly checkInterval: number;
  /** Open connections of one client address, in IPv6 of one /64; proxies of `trustProxy` are not limited. */
  readonly connectionsPerAddress: number;
}

/** The limits that the BFF is meant to run with. */
export const serverLimits: ServerLimits = {
  headersTimeout: 20,
  requestTimeout: 300,
  idleTimeout: 120,
  keepAliveTimeout: 72,
  checkInterval: 5,
  connectionsPerAddress: 2048,
};
