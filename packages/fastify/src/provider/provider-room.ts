import type { ResolvedOptions } from '../options.ts';
import type { Authenticated } from './client-authentication.ts';
import type { Discovery, Metadata } from './discovery.ts';
import type { ProviderHttp } from './provider-http.ts';
import type { RequestRefresh } from './refresh-request.ts';
import type { TokenTrust } from './signed-token.ts';

/** What every step towards the provider works with. */
export interface ProviderRoom {
  readonly options: ResolvedOptions;
  readonly http: ProviderHttp;
  readonly discovery: Discovery;
  readonly authenticated: Authenticated;
  readonly requestRefresh: RequestRefresh;
  readonly trust: (metadata: Metadata) => TokenTrust;
}
