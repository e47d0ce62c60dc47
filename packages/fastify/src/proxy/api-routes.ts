import { type ApiRoute, anyMethod } from '../options.ts';
import { Problem } from '../problems.ts';
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
 * Makes the look-up of API routes below `basePath`: whole segments, the longest prefix wins, then the method. `undefined`
 * where no route has the prefix.
 *
 * @throws Problem `method_not_allowed` where no route of the prefix takes the method.
 * @see RFC 10017 section 6.1.3.6
 */
export const createApiRoutes = (
  routes: readonly ApiRoute[],
  basePath: string,
): ((target: RequestTarget, method: string) => ApiMatch | undefined) => {
  const table = routes
    .map((route) => {
      const { origin, pathname } = new URL(route.upstream);
      const passHeaders = (route.passHeaders ?? []).map((name) => name.toLowerCase());
      const prefix = `${basePath}${route.prefix}`;
      const methods = (route.methods ?? anyMethod).filter((method) => method !== 'TRACE');
      const requested = createRequestedToken(route.token);
      return { route, prefix, methods, origin, base: pathname.replace(/\/$/, ''), passHeaders, requested };
    })
    .sort((one, other) => other.prefix.length - one.prefix.length);

  const findByMethod = (prefix: string, method: string) => {
    const alike = table.filter((one) => one.prefix === prefix);
    const found = alike.find(({ methods }) => methods.includes(method));
    if (found !== undefined) return found;
    const allow = alike.flatMap(({ methods }) => methods);
    throw new Problem('method_not_allowed', `${method} is not among the methods of the route`, { allow });
  };

  return ({ path, query }, method) => {
    const named = table.find(({ prefix }) => path === prefix || path.startsWith(`${prefix}/`));
    if (named === undefined) return undefined;
    const found = named.methods.includes(method) ? named : findByMethod(named.prefix, method);
    const { route, prefix, origin, base, passHeaders, requested } = found;
    const target = `${base}${path.slice(prefix.length)}`.replace(/^$/, '/') + query;
    return { route, origin, target, passHeaders, requested };
  };
};
