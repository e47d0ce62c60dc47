import type { IncomingHttpHeaders } from 'node:http';
import type { ResolvedOptions } from '../options.ts';
import { Problem } from '../problems.ts';

/** What happens to a request, depending on where it comes from. */
type CrossSiteVerdict = 'allowed' | 'anonymous' | 'refused';

/** The part of a request that says where it comes from. */
interface RequestSource {
  readonly method: string;
  readonly headers: IncomingHttpHeaders;
}

/** Whether a browser says that it goes to a page. Those without Fetch Metadata do not say. */
export const isNavigation = ({ headers }: Pick<RequestSource, 'headers'>): boolean =>
  headers['sec-fetch-mode'] === 'navigate';

/**
 * Whether a request goes to one of these destinations; browsers without Fetch Metadata do not say. A service worker that
 * passes a navigation on sends an empty one.
 *
 * @see Fetch section 2.2.5
 */
export const goesTo = (source: Pick<RequestSource, 'headers'>, destinations: readonly string[]): boolean => {
  const destination = source.headers['sec-fetch-dest'];
  if (destination === undefined || destinations.includes(destination)) return true;
  return destination === 'empty' && isNavigation(source);
};

/** Whether a browser fetches ahead what a person may ask for. */
export const isPrefetch = ({ headers }: Pick<RequestSource, 'headers'>): boolean =>
  /prefetch|prerender|preview/i.test(`${headers['sec-purpose'] ?? ''} ${headers.purpose ?? ''}`);

const safeMethods = ['GET', 'HEAD', 'OPTIONS'];

const isTopNavigation = (source: RequestSource): boolean =>
  source.method === 'GET' && isNavigation(source) && goesTo(source, ['document']);

/** Whether another site led a navigation here: the Strict session cookie stays away from it. */
export const cameFromElsewhere = (source: Pick<RequestSource, 'headers'>): boolean =>
  isNavigation(source) && ['cross-site', 'same-site'].includes(String(source.headers['sec-fetch-site']));

type Origins = Pick<ResolvedOptions, 'publicOrigin' | 'allowedOrigins'>;

const isOwn = (origin: string, { publicOrigin, allowedOrigins }: Origins): boolean =>
  origin === publicOrigin || allowedOrigins.includes(origin);

const judgeByOrigin = ({ method, headers }: RequestSource, origins: Origins): CrossSiteVerdict => {
  const { origin } = headers;
  if (origin !== undefined) return isOwn(origin, origins) ? 'allowed' : 'refused';
  return safeMethods.includes(method) || headers['x-csrf'] !== undefined ? 'allowed' : 'refused';
};

const judgeByMetadata = (source: RequestSource, origins: Origins): CrossSiteVerdict => {
  const { method, headers } = source;
  const { origin, 'sec-fetch-site': site } = headers;
  const isFromHere = site === 'same-origin' || (site === 'none' && safeMethods.includes(method));
  if (isFromHere)
    return origin === undefined || origin === 'null' || isOwn(origin, origins) ? 'allowed' : 'refused';
  if (origin !== undefined && isOwn(origin, origins)) return 'allowed';
  return isTopNavigation(source) ? 'anonymous' : 'refused';
};

/**
 * Judges requests by Fetch Metadata, by `Origin` where there is none, by the `X-CSRF` header where there is
 * neither. A top-level navigation from elsewhere is answered as to an anonymous visitor. An `Origin` that is sent must be
 * ours or allowed even where the browser says `same-origin`: under a name that was rebound to this address, a stranger's
 * page is same-origin with us. `null` is what our own pages send under their referrer policy.
 *
 * @see RFC 10017 on CSRF defence for the BFF; W3C Fetch Metadata Request Headers section 2
 */
export const judgeSource = (source: RequestSource, origins: Origins): CrossSiteVerdict =>
  source.headers['sec-fetch-site'] === undefined
    ? judgeByOrigin(source, origins)
    : judgeByMetadata(source, origins);

/** The Origin of a WebSocket is one of ours, if a browser sent one. @see RFC 6455 section 10.2 */
export const requireOwnOrigin = (
  { headers: { origin } }: Pick<RequestSource, 'headers'>,
  origins: Origins,
): void => {
  if (origin === undefined || isOwn(origin, origins)) return;
  throw new Problem('cross_site_request', 'A WebSocket was opened from another origin');
};
