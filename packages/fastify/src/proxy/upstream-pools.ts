import type { buildConnector, Pool } from 'undici';
import type { ApiRoute } from '../options.ts';
import type { TlsIdentity } from '../provider/provider.ts';
import { openInterimAnswers } from './interim-answers.ts';

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
  if (routes.length === 0) return { get: () => undefined, close: () => undefined };
  const pools = new Map<string, Pool>();
  const { buildConnector, Pool } = await import('undici');
  const unshown = buildConnector({ allowH2: false });
  // A certificate that is renewed is shown on each connection from then on.
  const showing: buildConnector.connector = (to, done) =>
    buildConnector({ allowH2: false, ...currentTls() })(to, done);
  const interim = openInterimAnswers();
  const connect = interim.passOver(currentTls() === undefined ? unshown : showing);
  const origins = new Set(routes.map(({ upstream }) => new URL(upstream).origin));
  for (const origin of origins) pools.set(origin, new Pool(origin, { allowH2: false, connections, connect }));
  return {
    get: (origin) => pools.get(origin),
    close: () => {
      interim.close();
      for (const pool of pools.values()) void pool.destroy();
    },
  };
};
