import type { FastifyBaseLogger } from 'fastify';
import type { ResolvedOptions } from '../options.ts';
import type { AuthenticatedRequest } from './client-authentication.ts';
import type { CurrentCredentials } from './client-credentials.ts';
import type { Discovery } from './discovery.ts';
import type { DpopNonces } from './dpop.ts';
import type { Metadata } from './metadata.ts';
import type { OpenidClient } from './openid-client.ts';
import type { ProviderHttp } from './provider-http.ts';
import type { TokenTrust } from './signed-token.ts';
import type { Successors } from './successors.ts';

/** What every step towards the provider works with. */
export interface ProviderContext {
  readonly options: ResolvedOptions;
  readonly log: FastifyBaseLogger;
  readonly http: ProviderHttp;
  readonly discovery: Discovery;
  readonly openidClient: OpenidClient;
  readonly authenticated: AuthenticatedRequest;
  readonly successors: Successors;
  readonly credentials: CurrentCredentials;
  readonly nonces: DpopNonces;
  readonly trust: (metadata: Metadata) => TokenTrust;
}
