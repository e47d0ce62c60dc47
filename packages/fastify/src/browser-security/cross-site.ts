import type { IncomingHttpHeaders } from 'node:http';
import type { ResolvedOptions } from '../options.ts';

/** What becomes of a request by where it comes from. */
export type CrossSiteVerdict = 'allowed' | 'anonymous' | 'refused';

/** The part of a request that tells where it comes from. */
export interface RequestSource {
  readonly method: string;
  readonly headers: IncomingHttpHeaders;
}

const safeMethods = ['GET', 'HEAD', 'OPTIONS'];

/**
 * Judges requests by Fetch Metadata, by `Origin` where there is none, by the `X-CSRF` header where there is
 * neither. A top-level navigation from elsewhere is answered as to an anonymous visitor.
 *
 * @see RFC 10017 on CSRF defence for the BFF; W3C Fetch Metadata Request Headers section 2
 */
export const createCrossSiteRule = ({ publicUrl, allowedOrigins }: ResolvedOptions) => {
  return ({ method, headers }: RequestSource): CrossSiteVerdict => {
    const isSafe = safeMethods.includes(method);
    const { origin } = headers;
    const site = headers['sec-fetch-site'];
    if (site === undefined) {
      if (origin !== undefined)
        return origin === publicUrl || allowedOrigins.includes(origin) ? 'allowed' : 'refused';
      return isSafe || headers['x-csrf'] !== undefined ? 'allowed' : 'refused';
    }
    if (site === 'same-origin' || (site === 'none' && isSafe)) return 'allowed';
    if (origin !== undefined && allowedOrigins.includes(origin)) return 'allowed';
    const { 'sec-fetch-mode': mode, 'sec-fetch-dest': destination = 'document' } = headers;
    const isNavigation = mode === 'navigate' && destination === 'document';
    return method === 'GET' && isNavigation ? 'anonymous' : 'refused';
  };
};
