import { errors } from 'jose';
import { ClientError, refreshTokenGrant } from 'openid-client';
import { Problem } from '../problems.ts';
import { isAcceptedIssuer } from './checks/issuer.ts';
import { createDpopKey } from './dpop.ts';
import { type KeepSuccessor, requestGrant } from './grant.ts';
import { verifyIdToken } from './id-token.ts';
import type { ProviderContext } from './provider-context.ts';
import { asRetryable, endsGrant, findProblem, findRefusal, providerProblem } from './provider-errors.ts';
import { RefreshRefused } from './provider-refusals.ts';
import type { TokenTrust } from './signed-token.ts';
import { findTargetRefusal, type TokenTarget, targetParameters } from './target-grants.ts';
import type { Claims, DpopKey, GrantedTokens, RefreshedTokens } from './token-set.ts';

/** What a refresh is for, and what its ID token has to agree with. */
interface RefreshRequest {
  readonly issuer: string;
  readonly sub: string;
  /** The nonce of the login, where the session knows it. */
  readonly nonce?: string | undefined;
  /** What the new access token is for. Default: what the session's own is for. */
  readonly target?: TokenTarget | undefined;
  /** The key that the session's tokens are bound to. */
  readonly dpopKey?: DpopKey | undefined;
  readonly keepSuccessor?: KeepSuccessor | undefined;
}

/** Codes by which openid-client reports a bad ID token. */
const idTokenVerdicts = new Set([
  'OAUTH_INVALID_RESPONSE',
  'OAUTH_JSON_ATTRIBUTE_COMPARISON_FAILED',
  'OAUTH_JWT_CLAIM_COMPARISON_FAILED',
  'OAUTH_JWT_TIMESTAMP_CHECK_FAILED',
  'OAUTH_PARSE_ERROR',
]);

/**
 * The session ends at a verdict of the provider, or of openid-client about the ID token: our reader of answers has judged
 * the rest before. Every other error says nothing about the grant.
 */
const refreshError = (error: unknown, target: TokenTarget | undefined): Error => {
  const ofTarget = target && findTargetRefusal(error, target);
  if (ofTarget !== undefined) return ofTarget;
  const refusal = findRefusal(error);
  if (refusal !== undefined && endsGrant(refusal))
    return new RefreshRefused(refusal.message, { cause: error });
  const isOfReader = refusal !== undefined || findProblem(error) !== undefined;
  if (!isOfReader && error instanceof ClientError && idTokenVerdicts.has(error.code ?? ''))
    return new RefreshRefused('the refreshed ID token is not acceptable', { cause: error });
  return asRetryable(providerProblem(error));
};

/** Whether the token was judged and found wrong; keys that cannot be had (`retryAfter`) are no judgement. */
const isVerdict = (problem: Problem): boolean =>
  problem.code === 'provider_invalid_response' &&
  problem.retryAfter === undefined &&
  !(problem.cause instanceof errors.JWKSNoMatchingKey);

/** A session of an older version does not know its nonce. @see OpenID Connect Core section 12.2 */
const requireSameLogin = (claims: Claims, { issuer, sub, nonce }: RefreshRequest): void => {
  if (claims.iss !== issuer) throw new RefreshRefused('the refreshed ID token is of another issuer');
  if (claims.sub !== sub) throw new RefreshRefused('the refreshed ID token is about another sub');
  if (claims.nonce !== undefined && nonce !== undefined && claims.nonce !== nonce)
    throw new RefreshRefused('the refreshed ID token has another nonce');
};

const verifyRefreshed = async (
  { idToken, accessToken }: GrantedTokens,
  trust: TokenTrust,
  request: RefreshRequest,
): Promise<Claims | undefined> => {
  if (idToken === undefined) return undefined;
  try {
    const claims = await verifyIdToken(idToken, trust, accessToken);
    requireSameLogin(claims, request);
    return claims;
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    if (isVerdict(error)) throw new RefreshRefused(error.message, { cause: error });
    throw asRetryable(error);
  }
};

/** Asks for new tokens; a keeper that failed says nothing about the grant, and its own error is what the caller has to see. */
const requestTokens = async (
  context: ProviderContext,
  refreshToken: string,
  { target, dpopKey, keepSuccessor }: RefreshRequest,
): Promise<GrantedTokens> => {
  const keeperFailures: unknown[] = [];
  const keep: KeepSuccessor = async (successor) => {
    await keepSuccessor?.(successor).catch((error: unknown) => {
      keeperFailures.push(error);
      throw error;
    });
  };
  try {
    return await requestGrant(context, { dpopKey, keepSuccessor: keep }, (config, proof) =>
      refreshTokenGrant(config, refreshToken, targetParameters(target ?? {}), proof),
    );
  } catch (error) {
    if (keeperFailures.length > 0) throw keeperFailures[0];
    const failure = refreshError(error, target);
    if (failure instanceof Problem) context.discovery.doubt();
    throw failure;
  }
};

/**
 * Asks for new tokens. The new refresh token is given to `keepSuccessor`, and kept there, before anything else of the answer
 * is judged.
 *
 * @throws RefreshRefused when the provider has ended the grant: the session is over.
 * @throws TargetRefused when it was asked for a `target` and refuses.
 * @throws Problem when the provider cannot be reached or is in trouble, or when the ID token cannot be judged: the session
 * stays. What `keepSuccessor` threw comes out as it is.
 * @see OpenID Connect Core section 12
 */
export const refreshTokens = async (
  context: ProviderContext,
  refreshToken: string,
  request: RefreshRequest,
): Promise<RefreshedTokens> => {
  const { trust } = await context.discovered();
  if (!isAcceptedIssuer(request.issuer, trust)) throw new RefreshRefused('the session is of another issuer');
  // A session that is older than the setting gets its key with its next own token.
  const isUnbound = context.options.dpop === 'on' && request.target === undefined;
  const dpopKey = request.dpopKey ?? (isUnbound ? createDpopKey() : undefined);
  const granted = await requestTokens(context, refreshToken, { ...request, dpopKey });
  return { ...granted, claims: await verifyRefreshed(granted, trust, request) };
};
