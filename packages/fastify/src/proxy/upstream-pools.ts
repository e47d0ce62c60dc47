import type { Pool } from 'undici';
import type { ApiRoute } from '../options.ts';

/** The connections to each upstream, by its origin. */
export interface UpstreamPools {
  readonly get: (origin: string) => Pool | undefined;
  readonly close: () => void;
}

/** Opens the pools, each with at most `connections`. A server without API routes does not load undici for them. */
export const openUpstreamPools = async (
  routes: readonly ApiRoute[],
  connections: number,
): Promise<UpstreamPools> => {
  const pools = new Map<string, Pool>();
  if (routes.length > 0) {
    const { Pool } = await import('undici');
    const origins = new Set(routes.map(({ upstream }) => new URL(upstream).origin));
    for (const origin of origins) pools.set(origin, new Pool(origin, { allowH2: false, connections }));
  }
  return {
    get: (origin) => pools.get(origin),
    close: () => {
      for (const pool of pools.values()) void pool.destroy();
    },
  };
};
