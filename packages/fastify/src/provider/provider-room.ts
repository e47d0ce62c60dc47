import type { ResolvedOptions } from '../options.ts';
import type { Authenticated } from './client-authentication.ts';
import type { Discovery, Metadata } from './discovery.ts';
import type { ProviderHttp } from './provider-http.ts';
import type { TokenTrust } from './signed-token.ts';
import type { Configure } from './token-endpoint.ts';

/** What every step towards the provider works with. */
export interface ProviderRoom {
  readonly options: ResolvedOptions;
  readonly http: ProviderHttp;
  readonly discovery: Discovery;
  readonly authenticated: Authenticated;
  readonly configure: Configure;
  readonly trust: (metadata: Metadata) => TokenTrust;
}
