import type { FastifyBaseLogger } from 'fastify';
import type { ClientAuth, ResolvedOptions } from '../options.ts';
import { acceptedAlgorithms } from './checks/algorithm.ts';
import type { CurrentCredentials } from './client-credentials.ts';
import { createDiscovery, type Discovery } from './discovery.ts';
import { createDpopNonces, type DpopNonces } from './dpop-nonces.ts';
import { createKeySet } from './key-set.ts';
import type { Metadata } from './metadata.ts';
import { createProviderHttp, type ProviderHttp } from './provider-http.ts';
import type { TokenTrust } from './signed-token.ts';

/** What every step towards one provider works with. */
export interface ProviderContext {
  readonly options: ResolvedOptions;
  readonly log: FastifyBaseLogger;
  readonly http: ProviderHttp;
  readonly discovery: Discovery;
  readonly credentials: CurrentCredentials;
  /** What the provider's tokens are verified against. */
  readonly trust: (metadata: Metadata) => TokenTrust;
  /** The client authentication that was found by trying, by its endpoint. */
  readonly lessons: Map<string, { readonly method: ClientAuth; readonly until: number }>;
  /** The newest DPoP nonce of each of the provider's origins, of which there are few. */
  readonly nonces: DpopNonces;
}

/** Opens the way to the provider of these options: nothing is asked of it yet. */
export const createProviderContext = (
  options: ResolvedOptions,
  credentials: CurrentCredentials,
  log: FastifyBaseLogger,
): ProviderContext => {
  const http = createProviderHttp(options.providerTimeout, () => credentials().tls, options.observe);
  const keySet = createKeySet(http, options.clock);
  return {
    options,
    log,
    http,
    discovery: createDiscovery(http, options, log),
    credentials,
    trust: ({ issuer, jwks_uri, id_token_signing_alg_values_supported }) => ({
      issuer,
      tenants: options.tenants,
      jwksUri: jwks_uri,
      algorithms: acceptedAlgorithms(options, id_token_signing_alg_values_supported),
      options,
      keySet,
    }),
    lessons: new Map(),
    nonces: createDpopNonces(),
  };
};
