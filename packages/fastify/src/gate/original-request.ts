import type { FastifyRequest } from 'fastify';
import type { ResolvedOptions } from '../options.ts';

/** The request that a server in front asks the gate about, as far as it is known. */
export interface OriginalRequest {
  /** Whether a proxy that is trusted asks, and says what for. */
  readonly isForwarded: boolean;
  readonly method: string;
  /** Where it goes, when it can be repeated and is for our host; `undefined` for everything else. */
  readonly url: URL | undefined;
}

/** Cookies are for one host, whatever its port: on another host no sign-in would ever show. */
const isOurs = (
  { origin, hostname }: URL,
  { publicOrigin, allowedOrigins }: Pick<ResolvedOptions, 'publicOrigin' | 'allowedOrigins'>,
): boolean =>
  origin === publicOrigin || (allowedOrigins.includes(origin) && hostname === new URL(publicOrigin).hostname);

/**
 * Reads `X-Forwarded-Method`, `-Proto`, `-Host` and `-Uri` of a trusted proxy. Fastify believes in a proxy's
 * `X-Forwarded-For` alone when `trustProxy` names it, and lists the addresses then.
 *
 * @param path where the request goes when the proxy does not say it in a header, as Envoy does; else `undefined`.
 */
export const readOriginalRequest = (
  request: FastifyRequest,
  options: ResolvedOptions,
  path?: string,
): OriginalRequest => {
  const { headers, ips = [], protocol, host, method } = request;
  const uri = path ?? headers['x-forwarded-uri'];
  if (ips.length < 2 || typeof uri !== 'string') return { isForwarded: false, method, url: undefined };
  const forwarded = path === undefined ? headers['x-forwarded-method'] : undefined;
  const original = typeof forwarded === 'string' ? forwarded.toUpperCase() : method;
  const isRepeatable = uri.startsWith('/') && (original === 'GET' || original === 'HEAD');
  const url = isRepeatable ? URL.parse(`${protocol}://${host}${uri}`) : null;
  return { isForwarded: true, method: original, url: url !== null && isOurs(url, options) ? url : undefined };
};
