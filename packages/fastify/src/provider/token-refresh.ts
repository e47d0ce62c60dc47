import { errors } from 'jose';
import { Problem } from '../problems.ts';
import type { Claims } from './completed-login.ts';
import type { Metadata } from './discovery.ts';
import { verifyIdToken } from './id-token.ts';
import { asRetryable, EndpointRefusal, providerProblem } from './provider-errors.ts';
import { RefreshRefused, RefreshUnverified } from './provider-refusals.ts';
import type { ProviderRoom } from './provider-room.ts';
import type { ExpectedGrant, KeepSuccessor, RefreshedTokens } from './refreshed-tokens.ts';

const isOurTrouble = ({ status, error }: EndpointRefusal): boolean =>
  error === 'invalid_client' || error === 'unauthorized_client' || status === 408 || status === 429;

const refreshError = (error: unknown): Error => {
  for (let cause = error; cause instanceof Error; cause = cause.cause) {
    if (!(cause instanceof EndpointRefusal)) continue;
    const endsGrant = cause.error === 'invalid_grant' || (cause.status >= 400 && cause.status < 500);
    if (endsGrant && !isOurTrouble(cause)) return new RefreshRefused(cause.message, { cause: error });
  }
  return asRetryable(providerProblem(error));
};

/** Whether the token was judged and found wrong; keys that cannot be had (`retryAfter`) are no judgement. */
const isVerdict = (error: unknown): error is Problem =>
  error instanceof Problem &&
  error.code === 'provider_invalid_response' &&
  error.retryAfter === undefined &&
  !(error.cause instanceof errors.JWKSNoMatchingKey);

/** A session of an older version does not know its nonce. @see OpenID Connect Core section 12.2 */
const isOtherNonce = (found: unknown, expected: string | undefined): boolean =>
  found !== undefined && found !== null && expected !== undefined && found !== expected;

interface Refreshed {
  readonly idToken: string;
  readonly accessToken: string;
  readonly expected: ExpectedGrant;
}

const verifyRefreshed = async (
  room: ProviderRoom,
  metadata: Metadata,
  { idToken, accessToken, expected }: Refreshed,
): Promise<Claims> => {
  const checks = { nonce: undefined, maxAge: undefined, accessToken };
  const claims = await verifyIdToken(idToken, room.trust(metadata), checks).catch((error: unknown) => {
    if (!isVerdict(error)) throw refreshError(error);
    throw new RefreshRefused(error.message, { cause: error });
  });
  if (claims.sub !== expected.sub) throw new RefreshRefused('the refreshed ID token is about another sub');
  if (isOtherNonce(claims.nonce, expected.nonce))
    throw new RefreshRefused('the refreshed ID token has another nonce');
  return claims;
};

/** Refreshes the tokens of a session. @see OpenID Connect Core section 12 */
export const refreshTokens = async (
  room: ProviderRoom,
  refreshToken: string,
  expected: ExpectedGrant & { readonly keepSuccessor?: KeepSuccessor | undefined },
): Promise<RefreshedTokens> => {
  const metadata = await room.discovery.require();
  if (metadata.issuer !== expected.issuer) throw new RefreshRefused('the session is of another issuer');
  const grant = room.authenticated(metadata, (credentials) =>
    room.requestRefresh(metadata, refreshToken, credentials),
  );
  const tokens = await grant.catch((error: unknown) => {
    throw refreshError(error);
  });
  const { idToken, accessToken, refreshToken: rotated } = tokens;
  if (rotated !== undefined) await expected.keepSuccessor?.(rotated);
  const verified =
    idToken === undefined ? undefined : verifyRefreshed(room, metadata, { idToken, accessToken, expected });
  const claims = await verified?.catch((error: unknown) => {
    if (!(error instanceof Problem) || rotated === undefined) throw error;
    throw new RefreshUnverified(error, rotated, error);
  });
  return { ...tokens, claims };
};
