import type { FastifyBaseLogger } from 'fastify';
import { fetchUserInfo } from 'openid-client';
import { logEvent } from '../events.ts';
import type { Claims } from './completed-login.ts';
import { proveKey, withNonce } from './dpop.ts';
import type { Metadata } from './metadata.ts';
import type { ProviderContext } from './provider-context.ts';
import { findRefusal, providerProblem } from './provider-errors.ts';
import type { DpopKey } from './token-set.ts';

/** Whose claims are asked for, and how. */
export interface UserinfoRequest {
  readonly accessToken: string;
  readonly sub: string;
  /** The key that the access token is bound to. */
  readonly dpopKey: DpopKey | undefined;
  readonly log: FastifyBaseLogger;
}

/**
 * Claims of userinfo; none where the provider has no endpoint or refuses the token (401, 403).
 *
 * @throws Problem `provider_*`.
 * @see OpenID Connect Core section 5.3
 */
export const readUserinfo = async (
  { openidClient, discovery, nonces }: ProviderContext,
  metadata: Metadata,
  { accessToken, sub, dpopKey, log }: UserinfoRequest,
): Promise<Claims> => {
  if (metadata.userinfo_endpoint === undefined) return {};
  try {
    const config = openidClient.configure(metadata, 'client_secret_basic');
    return await withNonce(async () =>
      fetchUserInfo(config, accessToken, sub, await proveKey(config, dpopKey, nonces)),
    );
  } catch (error) {
    const status = findRefusal(error)?.status;
    if ((status === 401 || status === 403) && findRefusal(error)?.error !== 'use_dpop_nonce') {
      logEvent(log, 'userinfo_refused', { status });
      return {};
    }
    discovery.doubt();
    throw providerProblem(error);
  }
};
