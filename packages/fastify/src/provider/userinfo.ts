import type { FastifyBaseLogger } from 'fastify';
import { fetchUserInfo } from 'openid-client';
import { logEvent } from '../events.ts';
import { Problem } from '../problems.ts';
import { requireShallow } from './checks/claims-depth.ts';
import { isAcceptedIssuer } from './checks/issuer.ts';
import { proveKey, withNonce } from './dpop.ts';
import type { Metadata } from './metadata.ts';
import type { ProviderContext } from './provider-context.ts';
import { EndpointRefusal, findRefusal, isTrouble, parseObject, providerProblem } from './provider-errors.ts';
import type { ProviderAnswer } from './provider-http.ts';
import { type TokenTrust, verifySigned } from './signed-token.ts';
import { challengeError } from './token-answer.ts';
import type { Claims, DpopKey, TokenSet } from './token-set.ts';

/** Whose claims are asked for, and how. */
interface UserinfoRequest {
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

/** Userinfo may leave `iss` and `aud` out of what it signs. @see OpenID Connect Core section 5.3.2 */
const verifyClaims = async (token: string, trust: TokenTrust): Promise<Readonly<Record<string, unknown>>> => {
  const { payload } = await verifySigned(token, trust, {});
  const { iss, aud } = payload;
  const audience: readonly unknown[] = Array.isArray(aud) ? aud : [aud];
  if (iss !== undefined && !isAcceptedIssuer(iss, trust))
    throw new Problem('provider_invalid_response', 'userinfo is of another issuer');
  if (aud !== undefined && !audience.includes(trust.options.clientId))
    throw new Problem('provider_invalid_response', 'userinfo is for another client');
  return payload;
};

/**
 * Reads the answer of userinfo, and verifies it where it is signed; whom it is about, openid-client judges.
 *
 * @throws EndpointRefusal for 401, 403, 408, 429 and 5xx; Problem `provider_invalid_response` for what else is no claims.
 * @see OpenID Connect Core section 5.3
 */
export const readUserinfoAnswer = async (answer: ProviderAnswer, trust: TokenTrust): Promise<Response> => {
  const { status, text } = answer;
  if (status === 401 || status === 403 || isTrouble(answer))
    throw new EndpointRefusal('userinfo endpoint', answer, challengeError(answer));
  if (status !== 200) throw new Problem('provider_invalid_response', `userinfo answered ${status}`);
  const isSigned = /^application\/jwt\b/i.test(answer.header('content-type') ?? '');
  const claims = isSigned ? await verifyClaims(text.trim(), trust) : parseObject(text);
  if (claims === undefined) throw new Problem('provider_invalid_response', 'userinfo is not a JSON object');
  requireShallow(claims);
  return Response.json(claims);
};

/**
 * Claims of userinfo for a session that has lasted; `undefined` where the provider has none for it.
 *
 * @throws Problem `provider_*`, for claims about another person too.
 */
export const readUserinfoAgain = async (
  context: ProviderContext,
  { accessToken, dpopKey }: TokenSet,
  sub: string,
): Promise<Claims | undefined> => {
  const metadata = await context.discovery.require();
  const request = { accessToken, sub, dpopKey, log: context.log };
  const claims = await readUserinfo(context, metadata, request);
  return claims.sub === undefined ? undefined : claims;
};
