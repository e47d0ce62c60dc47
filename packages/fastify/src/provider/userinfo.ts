import type { FastifyBaseLogger } from 'fastify';
import { logEvent } from '../events.ts';
import { Problem } from '../problems.ts';
import { requireShallow } from './claims-depth.ts';
import type { Claims } from './completed-login.ts';
import type { Metadata } from './discovery.ts';
import { EndpointRefusal, isTrouble, parseObject, providerProblem } from './provider-errors.ts';
import type { ProviderAnswer } from './provider-http.ts';
import type { ProviderRoom } from './provider-room.ts';
import { verifySigned } from './signed-token.ts';

const parseClaims = async (
  room: ProviderRoom,
  metadata: Metadata,
  response: ProviderAnswer,
): Promise<Claims> => {
  const { text } = response;
  const isSigned = /^application\/jwt\b/i.test(response.header('content-type') ?? '');
  const claims = isSigned
    ? (await verifySigned(text.trim(), room.trust(metadata), [])).payload
    : parseObject(text);
  if (!claims) throw new Problem('provider_invalid_response', 'userinfo is not a JSON object');
  requireShallow(claims);
  return claims;
};

/**
 * Claims of userinfo; none where the provider has no endpoint or refuses the token (401, 403).
 *
 * @see OpenID Connect Core section 5.3
 */
export const readUserinfo = async (
  room: ProviderRoom,
  metadata: Metadata,
  {
    accessToken,
    sub,
    log,
  }: { readonly accessToken: string; readonly sub: string; readonly log: FastifyBaseLogger },
): Promise<Claims> => {
  if (metadata.userinfo_endpoint === undefined) return {};
  const headers = { authorization: `Bearer ${accessToken}`, accept: 'application/json, application/jwt' };
  const response = await room.http.send(metadata.userinfo_endpoint, { headers });
  if (response.status === 401 || response.status === 403) {
    logEvent(log, 'userinfo_refused', { status: response.status });
    return {};
  }
  if (isTrouble(response)) {
    throw providerProblem(new EndpointRefusal('userinfo endpoint', response, undefined));
  }
  if (response.status !== 200)
    throw new Problem('provider_invalid_response', `userinfo answered ${response.status}`);
  const claims = await parseClaims(room, metadata, response).catch((error: unknown) => {
    throw providerProblem(error);
  });
  if (claims.sub !== sub) throw new Problem('provider_invalid_response', 'userinfo is about another sub');
  return claims;
};
