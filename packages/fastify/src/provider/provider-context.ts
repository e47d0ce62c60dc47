import type { FastifyBaseLogger } from 'fastify';
import type { Configuration } from 'openid-client';
import { memoize } from '../memoize.ts';
import type { ClientAuth, ResolvedOptions } from '../options.ts';
import { acceptedAlgorithms } from './checks/algorithm.ts';
import type { CurrentCredentials } from './client-credentials.ts';
import { createDiscovery, type Discovery } from './discovery.ts';
import { createDpopNonces } from './dpop-nonces.ts';
import { createKeySet } from './key-set.ts';
import type { Metadata } from './metadata.ts';
import { type ClientSettings, createConfiguration } from './openid-client.ts';
import { createProviderHttp } from './provider-http.ts';
import type { TokenTrust } from './signed-token.ts';

/** The provider as its metadata describes it; made once for each reading of the metadata. */
export interface DiscoveredProvider {
  readonly metadata: Metadata;
  readonly config: Configuration;
  /** What the provider's tokens are verified against. */
  readonly trust: TokenTrust;
}

/** What every step towards one provider works with. */
export interface ProviderContext extends ClientSettings {
  readonly log: FastifyBaseLogger;
  readonly discovery: Discovery;
  /** @throws Problem `provider_*` while there has been no metadata yet. */
  readonly discovered: () => Promise<DiscoveredProvider>;
  /** The client authentication that was found by trying, by its endpoint. */
  readonly lessons: Map<string, { readonly method: ClientAuth; readonly until: number }>;
}

/** Opens the way to the provider of these options: nothing is asked of it yet. */
export const createProviderContext = (
  options: ResolvedOptions,
  credentials: CurrentCredentials,
  log: FastifyBaseLogger,
): ProviderContext => {
  const http = createProviderHttp(options.providerTimeout, () => credentials().tls, options.observe);
  const keySet = createKeySet(http, options.clock);
  const discovery = createDiscovery(http, options, log);
  const settings = { options, http, credentials, nonces: createDpopNonces() };
  const describe = memoize(1, (metadata: Metadata): DiscoveredProvider => {
    const { issuer, jwks_uri: jwksUri, id_token_signing_alg_values_supported: listed } = metadata;
    const algorithms = acceptedAlgorithms(options, listed);
    const trust = { issuer, tenants: options.tenants, jwksUri, algorithms, options, keySet };
    return { metadata, config: createConfiguration(settings, metadata), trust };
  });
  return {
    ...settings,
    log,
    discovery,
    discovered: async () => describe(await discovery.require()),
    lessons: new Map(),
  };
};
