import type { FastifyBaseLogger } from 'fastify';
import type { ResolvedOptions } from '../options.ts';
import { createAnswerReaders } from './answer-readers.ts';
import { createAuthorizationRequest } from './authorization-request.ts';
import { acceptedAlgorithms } from './checks/algorithm.ts';
import { createClientAuthentication } from './client-authentication.ts';
import type { CurrentCredentials } from './client-credentials.ts';
import { createDiscovery, discoverProfileGaps } from './discovery.ts';
import { createDpopProof, type DpopNonces } from './dpop.ts';
import { findEndSession, tryDiscovery } from './end-session.ts';
import { createKeySet } from './key-set.ts';
import { completeLogin } from './login-completion.ts';
import { verifyLogout } from './logout-token.ts';
import type { Metadata } from './metadata.ts';
import { createOpenidClient } from './openid-client.ts';
import type { ProviderContext } from './provider-context.ts';
import { createProviderHttp } from './provider-http.ts';
import type { TokenTrust } from './signed-token.ts';
import { createSuccessors } from './successors.ts';
import { exchangeToken, requestClientToken } from './target-grants.ts';
import { refreshTokens } from './token-refresh.ts';
import { revokeToken } from './token-revocation.ts';
import { readUserinfoAgain } from './userinfo.ts';

/** One protocol step each. */
const steps = {
  createAuthorizationRequest,
  completeLogin,
  createDpopProof,
  discoverProfileGaps,
  exchangeToken,
  findEndSession,
  readUserinfoAgain,
  refreshTokens,
  requestClientToken,
  revokeToken,
  tryDiscovery,
  verifyLogout,
};

/** The steps towards the provider, and what they work with. */
export interface OpenedProvider {
  readonly context: ProviderContext;
  readonly steps: typeof steps;
}

const createContext = (
  options: ResolvedOptions,
  credentials: CurrentCredentials,
  log: FastifyBaseLogger,
): ProviderContext => {
  const http = createProviderHttp(options.providerTimeout, () => credentials().tls, options.observe);
  const nonces: DpopNonces = new Map();
  const keySet = createKeySet(http, options.clock);
  const successors = createSuccessors();
  const trust = (metadata: Metadata): TokenTrust => ({
    issuer: metadata.issuer,
    tenants: options.tenants,
    jwksUri: metadata.jwks_uri,
    algorithms: acceptedAlgorithms(options, metadata.id_token_signing_alg_values_supported),
    options,
    keySet,
  });
  const openidClient = createOpenidClient({ options, credentials, http, nonces }, (metadata) =>
    createAnswerReaders(trust(metadata), successors),
  );
  return {
    options,
    log,
    http,
    discovery: createDiscovery(http, options, log),
    openidClient,
    authenticated: createClientAuthentication(options, openidClient),
    successors,
    credentials,
    nonces,
    trust,
  };
};

/** Opens the way to the provider of these options: nothing is asked of it yet. */
export const openProvider = (
  options: ResolvedOptions,
  credentials: CurrentCredentials,
  log: FastifyBaseLogger,
): OpenedProvider => ({
  context: createContext(options, credentials, log),
  steps,
});
