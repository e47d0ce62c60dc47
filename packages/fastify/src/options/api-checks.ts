import type { ApiRoute } from '../options.ts';
import { type Check, parseUrl, type Values } from './check.ts';

const checkApiRoute = (route: ApiRoute, report: (problem: string, remedy: string) => void): void => {
  const { prefix, upstream, auth, methods, timeout } = route;
  const name = typeof prefix === 'string' ? prefix : 'a route';
  if (
    typeof prefix !== 'string' ||
    !/^\/api(\/[A-Za-z0-9._~-]+)+$/.test(prefix) ||
    /\/\.{1,2}(\/|$)/.test(prefix)
  ) {
    report(`${name}: prefix is not a plain path below /api/`, 'Write it as /api/users.');
  } else if (/^\/api\/me(\/|$)/.test(prefix)) {
    report(`${name}: /api/me is Foyer’s own`, 'Choose another prefix.');
  }
  const url = typeof upstream === 'string' ? parseUrl(upstream) : undefined;
  if (!url || !/^https?:$/.test(url.protocol)) {
    report(`${name}: upstream is not an http or https URL`, 'Write it as http://localhost:4000/users.');
  } else if (url.username !== '' || url.password !== '' || url.search !== '' || url.hash !== '') {
    report(
      `${name}: upstream has credentials, a query or a fragment`,
      'Give scheme, host, port and path alone.',
    );
  }
  if (auth !== undefined && !['required', 'optional', 'none'].includes(auth)) {
    report(`${name}: auth is unknown`, 'Use required, optional or none.');
  }
  if (
    methods !== undefined &&
    !(Array.isArray(methods) && methods.every((method) => /^[A-Z]+$/.test(String(method))))
  ) {
    report(`${name}: methods is not a list of method names`, 'Write it as ["GET","POST"].');
  }
  if (timeout !== undefined && !(typeof timeout === 'number' && timeout > 0 && timeout <= 3600)) {
    report(`${name}: timeout is not between 0 and 3600 seconds`, 'Give seconds: 15.');
  }
};

/** Each route, and each prefix once. */
export const checkApiRoutes =
  ({ apiRoutes }: Values): Check =>
  (report) => {
    for (const route of apiRoutes ?? []) checkApiRoute(route, report);
    const prefixes = (apiRoutes ?? []).map(({ prefix }) => prefix);
    if (new Set(prefixes).size !== prefixes.length)
      report('holds one prefix twice', 'Leave one of them out.');
  };
