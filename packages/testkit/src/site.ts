import { isIP } from 'node:net';

/** The values of `Sec-Fetch-Site`; `none` means that the user typed the address. */
export type FetchSite = 'none' | 'same-origin' | 'same-site' | 'cross-site';

const siteOf = (host: string): string =>
  isIP(host.replace(/^\[|\]$/g, '')) > 0 ? host : host.split('.').slice(-2).join('.');

/**
 * Whether two URLs belong to one site as Chromium sees it: ports do not count, while `localhost`, `127.0.0.1` and
 * `op.localhost` are three sites.
 */
export function isSameSite(one: URL, other: URL): boolean {
  return one.protocol === other.protocol && siteOf(one.hostname) === siteOf(other.hostname);
}

/** The value of `Sec-Fetch-Site` for one request, from the page that starts it to the requested URL. */
export function fetchSite(initiator: URL | undefined, target: URL): FetchSite {
  if (initiator === undefined) return 'none';
  if (initiator.origin === target.origin) return 'same-origin';
  return isSameSite(initiator, target) ? 'same-site' : 'cross-site';
}

const distance: readonly FetchSite[] = ['none', 'same-origin', 'same-site', 'cross-site'];

/**
 * The value of `Sec-Fetch-Site` after redirects: that of the most distant URL of the chain.
 *
 * @see Fetch Metadata Request Headers 2.3
 */
export function mostDistantSite(initiator: URL | undefined, chain: readonly URL[]): FetchSite {
  const reached = chain.map((url) => distance.indexOf(fetchSite(initiator, url)));
  return distance[Math.max(0, ...reached)] ?? 'none';
}

/**
 * The value of `Origin` after redirects: `null` once a redirect has crossed origins.
 *
 * @see Fetch Standard, the `Origin` header
 */
export function originOf(initiator: URL | undefined, chain: readonly URL[]): string {
  if (initiator === undefined) return 'null';
  const isTainted = chain
    .slice(0, -1)
    .some((url, i) => url.origin !== chain[i + 1]?.origin && url.origin !== initiator.origin);
  return isTainted ? 'null' : initiator.origin;
}
