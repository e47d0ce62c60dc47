import { setTimeout as wait } from 'node:timers/promises';
import type { FastifyBaseLogger } from 'fastify';
import { logEvent } from '../events.ts';
import type { ResolvedOptions } from '../options.ts';
import { Problem } from '../problems.ts';
import { parseObject } from './json-object.ts';
import { type IssuerOptions, type Metadata, metadataUrl, parseMetadata } from './metadata.ts';
import { EndpointRefusal, isTrouble, providerProblem } from './provider-errors.ts';
import type { ProviderAnswer, ProviderHttp } from './provider-http.ts';
import { findProfileGaps, ProfileUnmet } from './security-profile.ts';
import { createSingleFetch } from './single-fetch.ts';

/** What the metadata is judged by. */
type DiscoveryOptions = IssuerOptions & Parameters<typeof findProfileGaps>[1];

const hour = 3600;

/** Seconds without a second look: `max-age`, but 5 minutes to a day; an hour without it. @see RFC 9111 section 5.2.2.1 */
const readLifetime = (cacheControl = ''): number => {
  const age = /(?:^|[\s,])max-age="?(\d{1,9})/i.exec(cacheControl)?.[1];
  return age === undefined ? hour : Math.min(Math.max(Number(age), hour / 12), 24 * hour);
};

/** Asks for the metadata; one redirect within the origin is followed. @throws Problem `provider_*`. */
const requestMetadata = async (http: ProviderHttp, options: IssuerOptions): Promise<ProviderAnswer> => {
  const url = metadataUrl(options);
  const response = await http.send(url, { headers: { accept: 'application/json' } });
  const location = response.header('location');
  if (![301, 302, 303, 307, 308].includes(response.status) || location === undefined) return response;
  const target = URL.parse(location, url);
  if (target?.origin !== new URL(url).origin)
    throw new Problem(
      'provider_invalid_response',
      'discovery: redirected to another origin: look at OIDC_ISSUER and OIDC_DISCOVERY_URL',
    );
  return http.send(target.href, { headers: { accept: 'application/json' } });
};

const fetchMetadata = async (http: ProviderHttp, options: DiscoveryOptions) => {
  const response = await requestMetadata(http, options);
  if (isTrouble(response)) throw providerProblem(new EndpointRefusal('discovery endpoint', response));
  const document = response.status === 200 ? parseObject(response.text) : undefined;
  if (document === undefined)
    throw new Problem(
      'provider_invalid_response',
      `discovery: status ${response.status} without a JSON object: look at OIDC_ISSUER`,
    );
  const gaps = findProfileGaps(document, options);
  if (gaps.length > 0) throw new ProfileUnmet(options, gaps);
  const lifetimeSeconds = readLifetime(response.header('cache-control'));
  return { ...parseMetadata(document, options), lifetimeSeconds };
};

/**
 * Lazy discovery: one request at a time, a pause after a failure, nothing bad kept. Metadata is read again in the
 * background when it is old or in doubt, and what was good stays until the new is good.
 */
export interface Discovery {
  readonly current: () => Metadata | undefined;
  /** @throws Problem `provider_*` while there has been no metadata yet. */
  readonly require: () => Promise<Metadata>;
  /** Reads the metadata again after a failure that may come from old metadata; never throws. */
  readonly doubt: () => void;
}

/** Milliseconds between two readings that a doubt causes. */
const doubtPauseMs = 5000;

/** Discovers the metadata of the issuer when it is first required. */
export const createDiscovery = (
  http: ProviderHttp,
  options: DiscoveryOptions & Pick<ResolvedOptions, 'clock'>,
  log: FastifyBaseLogger,
): Discovery => {
  const { clock } = options;
  const { current, fetch } = createSingleFetch(async () => {
    try {
      const { metadata, ignored, lifetimeSeconds } = await fetchMetadata(http, options);
      for (const endpoint of ignored) logEvent(log, 'provider_endpoint_ignored', { endpoint });
      return { metadata, readAt: clock(), staleAt: clock() + lifetimeSeconds * 1000 };
    } catch (error) {
      const problem = providerProblem(error);
      if (current() !== undefined) logEvent(log, 'provider_metadata_stale', { err: problem });
      throw problem;
    }
  }, clock);
  /** Runs in the background; the log has the outcome. */
  const readAgain = (): void => void fetch().catch(() => undefined);
  return {
    current: () => current()?.metadata,
    require: async () => {
      const { metadata, staleAt } = current() ?? (await fetch());
      if (clock() >= staleAt) readAgain();
      return metadata;
    },
    doubt: () => {
      const known = current();
      if (known !== undefined && clock() >= known.readAt + doubtPauseMs) readAgain();
    },
  };
};

/** Seconds; a provider that is merely slow is not down. */
const firstWaitSeconds = 0.5;
/** Seconds that a start waits: well within the time that Fastify gives it. */
const startWaitSeconds = 3;

type Discovering = Readonly<Record<'discovery', Discovery>>;

/** Why a discovery failed, if it does within this time; one that takes longer goes on. */
const findFailure = ({ discovery }: Discovering, waitSeconds: number): Promise<unknown> => {
  const failure = discovery.require().then(
    () => undefined,
    (error: unknown) => error,
  );
  return Promise.race([failure, wait(waitSeconds * 1000, undefined, { ref: false })]);
};

/** Asks an address, or for the metadata, by the way that a sign-in goes, for what is examined before anyone signs in. */
export const askProvider = async (
  { http, options }: { readonly http: ProviderHttp; readonly options: IssuerOptions },
  url?: string,
): Promise<ProviderAnswer> => (url === undefined ? requestMetadata(http, options) : http.send(url));

/** Whether there is metadata; a discovery that is still to come is tried once more, for half a second. */
export const tryDiscovery = async (context: Discovering): Promise<boolean> => {
  const { discovery } = context;
  if (discovery.current() === undefined) await findFailure(context, firstWaitSeconds);
  return discovery.current() !== undefined;
};

/** What the metadata lacks for the security profile; nothing while it cannot be read: logins are refused then all the same. */
export const discoverProfileGaps = async (context: Discovering): Promise<readonly string[]> => {
  const failure = await findFailure(context, startWaitSeconds);
  return failure instanceof ProfileUnmet ? failure.gaps : [];
};
