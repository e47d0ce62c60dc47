import { errors } from 'jose';
import { refreshTokenGrant } from 'openid-client';
import { Problem } from '../problems.ts';
import type { Metadata } from './discovery.ts';
import { verifyIdToken } from './id-token.ts';
import type { Claims, RefreshedTokens } from './provider.ts';
import { EndpointRefusal, providerProblem } from './provider-errors.ts';
import { RefreshRefused } from './provider-refusals.ts';
import type { ProviderRoom } from './provider-room.ts';
import { createConfiguration, requireBearer } from './token-endpoint.ts';

/** Errors that say nothing about the grant. */
const sparesGrant = new Set([
  'invalid_client',
  'unauthorized_client',
  'temporarily_unavailable',
  'server_error',
]);

const isOurTrouble = ({ status, error = '' }: EndpointRefusal): boolean =>
  sparesGrant.has(error) || status === 408 || status === 429;

const refreshError = (error: unknown): Error => {
  for (let cause = error; cause instanceof Error; cause = cause.cause) {
    if (!(cause instanceof EndpointRefusal)) continue;
    const endsGrant = cause.error === 'invalid_grant' || (cause.status >= 400 && cause.status < 500);
    if (endsGrant && !isOurTrouble(cause)) return new RefreshRefused(cause.message, { cause: error });
  }
  const problem = providerProblem(error);
  if (problem.retryAfter !== undefined) return problem;
  return new Problem(problem.code, problem.message, { cause: error, retryAfter: 5 });
};

const verifyRefreshed = async (
  room: ProviderRoom,
  metadata: Metadata,
  {
    idToken,
    accessToken,
    sub,
  }: { readonly idToken: string; readonly accessToken: string; readonly sub: string },
): Promise<Claims> => {
  const checks = { nonce: undefined, maxAge: undefined, accessToken };
  const claims = await verifyIdToken(idToken, room.trust(metadata), checks).catch((error: unknown) => {
    if (!(error instanceof Problem) || error.code !== 'provider_invalid_response') throw refreshError(error);
    if (error.cause instanceof errors.JWKSNoMatchingKey) throw refreshError(error);
    throw new RefreshRefused(error.message, { cause: error });
  });
  if (claims.sub !== sub) throw new RefreshRefused('the refreshed ID token is about another sub');
  return claims;
};

/** Refreshes the tokens of a session. @see OpenID Connect Core section 12 */
export const refreshTokens = async (
  room: ProviderRoom,
  refreshToken: string,
  expected: { readonly issuer: string; readonly sub: string },
): Promise<RefreshedTokens> => {
  const metadata = await room.discovery.require();
  if (metadata.issuer !== expected.issuer) throw new RefreshRefused('the session is of another issuer');
  const grant = room.authenticated(metadata, async (auth) => {
    const { config, idToken } = createConfiguration(metadata, room.options, { auth, http: room.http });
    const answer = await refreshTokenGrant(config, refreshToken);
    requireBearer(answer);
    return { answer, idToken: idToken() };
  });
  const { answer, idToken } = await grant.catch((error: unknown) => {
    throw refreshError(error);
  });
  const { access_token: accessToken, expires_in, refresh_token } = answer;
  const { sub } = expected;
  const claims =
    idToken === undefined ? undefined : await verifyRefreshed(room, metadata, { idToken, accessToken, sub });
  const accessTokenExpiresAt =
    expires_in === undefined ? undefined : room.options.clock() + expires_in * 1000;
  return { accessToken, accessTokenExpiresAt, refreshToken: refresh_token, idToken, claims };
};
