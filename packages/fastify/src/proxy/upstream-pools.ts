import type { buildConnector, Pool } from 'undici';
import type { ApiRoute } from '../options.ts';
import type { TlsIdentity } from '../provider/provider.ts';

/** The connections to each upstream, by its origin. */
export interface UpstreamPools {
  readonly get: (origin: string) => Pool | undefined;
  readonly close: () => void;
}

/**
 * Opens the pools, each with at most `connections`; an upstream that asks is shown the client's certificate, which access
 * tokens may be bound to. A server without API routes does not load undici for them.
 *
 * @see RFC 8705 section 3
 */
export const openUpstreamPools = async (
  routes: readonly ApiRoute[],
  connections: number,
  currentTls: () => TlsIdentity | undefined,
): Promise<UpstreamPools> => {
  const pools = new Map<string, Pool>();
  if (routes.length > 0) {
    const { buildConnector, Pool } = await import('undici');
    // A certificate that is renewed is shown on each connection from then on.
    const showing: buildConnector.connector = (to, done) =>
      buildConnector({ allowH2: false, ...currentTls() })(to, done);
    const connect = currentTls() === undefined ? {} : { connect: showing };
    const origins = new Set(routes.map(({ upstream }) => new URL(upstream).origin));
    for (const origin of origins)
      pools.set(origin, new Pool(origin, { allowH2: false, connections, ...connect }));
  }
  return {
    get: (origin) => pools.get(origin),
    close: () => {
      for (const pool of pools.values()) void pool.destroy();
    },
  };
};
