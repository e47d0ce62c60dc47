import type { ApiRoute } from '../options.ts';
import { createRequestedToken, type RequestedToken } from '../tokens/requested-token.ts';
import type { RequestTarget } from './request-target.ts';

/** Where a request goes: its route, the upstream's origin, and the request target to send there. */
export interface ApiMatch {
  readonly route: ApiRoute;
  readonly origin: string;
  readonly target: string;
  /** In lower case. */
  readonly passHeaders: readonly string[];
  /** The access token that the upstream is sent. */
  readonly requested: RequestedToken;
}

/**
 * Makes the look-up of API routes below `basePath`: whole segments, the longest prefix wins.
 *
 * @see RFC 10017 section 6.1.3.6
 */
export const createApiRoutes = (routes: readonly ApiRoute[], basePath: string) => {
  const table = routes
    .map((route) => {
      const { origin, pathname } = new URL(route.upstream);
      const passHeaders = (route.passHeaders ?? []).map((name) => name.toLowerCase());
      const prefix = `${basePath}${route.prefix}`;
      const requested = createRequestedToken(route.token);
      return { route, prefix, origin, base: pathname.replace(/\/$/, ''), passHeaders, requested };
    })
    .sort((one, other) => other.prefix.length - one.prefix.length);

  return ({ path, query }: RequestTarget): ApiMatch | undefined => {
    const found = table.find(({ prefix }) => path === prefix || path.startsWith(`${prefix}/`));
    if (found === undefined) return undefined;
    const { route, prefix, origin, base, passHeaders, requested } = found;
    const target = `${base}${path.slice(prefix.length)}`.replace(/^$/, '/') + query;
    return { route, origin, target, passHeaders, requested };
  };
};
