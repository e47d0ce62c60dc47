import { Problem } from '../problems.ts';
import { type IssuerOptions, metadataUrl, type ParsedMetadata, parseMetadata } from './metadata.ts';
import { EndpointRefusal, isTrouble, parseObject, providerProblem } from './provider-errors.ts';
import type { ProviderAnswer, ProviderHttp } from './provider-http.ts';
import { findProfileGaps } from './security-profile.ts';

/** What the metadata is judged by. */
export type DiscoveryOptions = IssuerOptions & Parameters<typeof findProfileGaps>[1];

/** Metadata as it was just read. */
export interface ReadMetadata extends ParsedMetadata {
  /** Seconds for which it may be used without a second look. */
  readonly lifetimeSeconds: number;
}

const hour = 3600;
const leastSeconds = 5 * 60;
const mostSeconds = 24 * hour;

/** `Cache-Control: max-age` within bounds, an hour without it. @see RFC 9111 section 5.2.2.1 */
const readLifetime = (cacheControl: string | undefined): number => {
  const age = /(?:^|[\s,])max-age="?(\d{1,9})/i.exec(cacheControl ?? '')?.[1];
  return age === undefined ? hour : Math.min(Math.max(Number(age), leastSeconds), mostSeconds);
};

const followOnce = async (http: ProviderHttp, url: string): Promise<ProviderAnswer> => {
  const response = await http.send(url, { headers: { accept: 'application/json' } });
  const location = response.header('location');
  if (![301, 302, 303, 307, 308].includes(response.status) || location === undefined) return response;
  if (!URL.canParse(location, url) || new URL(location, url).origin !== new URL(url).origin) {
    throw new Problem(
      'provider_invalid_response',
      'discovery: redirected to another origin: look at OIDC_ISSUER and OIDC_DISCOVERY_URL',
    );
  }
  return http.send(new URL(location, url).href, { headers: { accept: 'application/json' } });
};

/**
 * Fetches the metadata; one redirect within the origin is followed.
 *
 * @throws Problem `provider_*`.
 */
export const fetchMetadata = async (http: ProviderHttp, options: DiscoveryOptions): Promise<ReadMetadata> => {
  const response = await followOnce(http, metadataUrl(options));
  if (isTrouble(response)) {
    throw providerProblem(new EndpointRefusal('discovery endpoint', response, undefined));
  }
  const document = response.status === 200 ? parseObject(response.text) : undefined;
  if (document === undefined) {
    const what = `status ${response.status} without a JSON object`;
    throw new Problem('provider_invalid_response', `discovery: ${what}: look at OIDC_ISSUER`);
  }
  const gaps = findProfileGaps(document, options);
  if (gaps.length > 0)
    throw new Problem(
      'provider_invalid_response',
      `discovery: the metadata lacks what OIDC_PROFILE=${options.profile} needs: ${gaps.join('; ')}`,
    );
  const lifetimeSeconds = readLifetime(response.header('cache-control'));
  return { ...parseMetadata(document, options), lifetimeSeconds };
};
