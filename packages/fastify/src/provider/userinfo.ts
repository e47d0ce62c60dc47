import type { FastifyBaseLogger } from 'fastify';
import { fetchUserInfo } from 'openid-client';
import { logEvent } from '../events.ts';
import { Problem } from '../problems.ts';
import { requireShallow } from './checks/claims-depth.ts';
import { isAcceptedIssuer } from './checks/issuer.ts';
import { proveKey } from './dpop.ts';
import { parseObject } from './json-object.ts';
import { type ReadAnswer, withRequest } from './openid-client.ts';
import type { ProviderContext } from './provider-context.ts';
import {
  EndpointRefusal,
  findRefusal,
  isTrouble,
  providerProblem,
  readChallenge,
} from './provider-errors.ts';
import { type TokenTrust, verifySigned } from './signed-token.ts';
import type { AccessToken, Claims } from './token-set.ts';

/** Userinfo may leave `iss` and `aud` out of what it signs. @see OpenID Connect Core section 5.3.2 */
const verifyClaims = async (token: string, trust: TokenTrust): Promise<Claims> => {
  const { payload } = await verifySigned(token, trust, {});
  const { iss, aud } = payload;
  if (iss !== undefined && !isAcceptedIssuer(iss, trust))
    throw new Problem('provider_invalid_response', 'userinfo is of another issuer');
  if (aud !== undefined && ![aud].flat().includes(trust.options.clientId))
    throw new Problem('provider_invalid_response', 'userinfo is for another client');
  return payload;
};

/** Makes the reader of userinfo, which verifies it where it is signed; whom it is about, openid-client judges. */
const readAnswer =
  (trust: TokenTrust): ReadAnswer =>
  async (answer) => {
    const { status, text } = answer;
    if (status === 401 || status === 403 || isTrouble(answer))
      throw new EndpointRefusal('userinfo endpoint', answer, readChallenge(answer));
    if (status !== 200) throw new Problem('provider_invalid_response', `userinfo answered ${status}`);
    const isSigned = /^application\/jwt\b/i.test(answer.header('content-type') ?? '');
    const claims = isSigned ? await verifyClaims(text.trim(), trust) : parseObject(text);
    if (claims === undefined) throw new Problem('provider_invalid_response', 'userinfo is not a JSON object');
    requireShallow(claims);
    return Response.json(claims);
  };

/** Whose claims are asked for. */
interface UserinfoRequest extends AccessToken {
  readonly sub: string;
  /** Default: that of the provider. */
  readonly log?: FastifyBaseLogger;
}

/**
 * Claims of userinfo; `undefined` where the provider has no endpoint or refuses the token (401, 403).
 *
 * @throws Problem `provider_*`, for claims about another `sub` too.
 * @see OpenID Connect Core section 5.3
 */
export const readUserinfo = async (
  context: ProviderContext,
  { accessToken, sub, dpopKey, log = context.log }: UserinfoRequest,
): Promise<Claims | undefined> => {
  const { metadata, config, trust } = await context.discovered();
  if (metadata.userinfo_endpoint === undefined) return undefined;
  try {
    return await withRequest({ read: readAnswer(trust) }, async () =>
      fetchUserInfo(config, accessToken, sub, await proveKey(context, config, dpopKey)),
    );
  } catch (error) {
    const { status, error: code } = findRefusal(error) ?? {};
    if ((status === 401 || status === 403) && code !== 'use_dpop_nonce') {
      logEvent(log, 'userinfo_refused', { status });
      return undefined;
    }
    context.discovery.doubt();
    throw providerProblem(error);
  }
};
