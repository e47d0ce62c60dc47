import { errors } from 'jose';
import { ClientError, refreshTokenGrant } from 'openid-client';
import { Problem } from '../problems.ts';
import { isAcceptedIssuer } from './checks/issuer.ts';
import { createDpopKey, proveKey, withNonce } from './dpop.ts';
import { verifyIdToken } from './id-token.ts';
import type { Metadata } from './metadata.ts';
import type { ProviderContext } from './provider-context.ts';
import { asRetryable, endsGrant, findProblem, findRefusal, providerProblem } from './provider-errors.ts';
import { RefreshRefused } from './provider-refusals.ts';
import { findTargetRefusal } from './target-grants.ts';
import { createGrantedTokens, type GrantedTokens } from './token-answer.ts';
import type { Claims, DpopKey, ExpectedGrant, KeepSuccessor, RefreshedTokens } from './token-set.ts';
import { type TokenTarget, targetParameters } from './token-target.ts';

/** By which openid-client says that it has judged an ID token, and found it wrong. */
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

interface RefreshRequest {
  readonly refreshToken: string;
  readonly target: TokenTarget | undefined;
  readonly keepSuccessor: KeepSuccessor;
  readonly dpopKey: DpopKey | undefined;
}

const requestTokens = async (
  context: ProviderContext,
  metadata: Metadata,
  { refreshToken, target, keepSuccessor, dpopKey }: RefreshRequest,
): Promise<GrantedTokens> => {
  const { authenticated, successors, options, discovery, nonces } = context;
  try {
    const granted = await successors.during(refreshToken, keepSuccessor, () =>
      withNonce(() =>
        authenticated(metadata, 'token_endpoint', async (config) =>
          refreshTokenGrant(
            config,
            refreshToken,
            targetParameters(target ?? {}),
            await proveKey(config, dpopKey, nonces),
          ),
        ),
      ),
    );
    return createGrantedTokens(granted, options);
  } catch (error) {
    const failure = refreshError(error, target);
    if (failure instanceof Problem) discovery.doubt();
    throw failure;
  }
};

/** A session of an older version does not know its nonce. @see OpenID Connect Core section 12.2 */
const isOtherNonce = (found: unknown, expected: string | undefined): boolean =>
  found !== undefined && expected !== undefined && found !== expected;

interface Refreshed {
  readonly idToken: string;
  readonly accessToken: string;
  readonly expected: ExpectedGrant;
}

const verifyRefreshed = async (
  context: ProviderContext,
  metadata: Metadata,
  { idToken, accessToken, expected }: Refreshed,
): Promise<Claims> => {
  try {
    const claims = await verifyIdToken(idToken, context.trust(metadata), accessToken);
    if (claims.iss !== expected.issuer)
      throw new RefreshRefused('the refreshed ID token is of another issuer');
    if (claims.sub !== expected.sub) throw new RefreshRefused('the refreshed ID token is about another sub');
    if (isOtherNonce(claims.nonce, expected.nonce))
      throw new RefreshRefused('the refreshed ID token has another nonce');
    return claims;
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    if (isVerdict(error)) throw new RefreshRefused(error.message, { cause: error });
    throw asRetryable(error);
  }
};

/** Refreshes the tokens of a session. @see OpenID Connect Core section 12 */
export const refreshTokens = async (
  context: ProviderContext,
  refreshToken: string,
  expected: ExpectedGrant & { readonly keepSuccessor?: KeepSuccessor | undefined },
): Promise<RefreshedTokens> => {
  const metadata = await context.discovery.require();
  if (!isAcceptedIssuer(expected.issuer, context.trust(metadata)))
    throw new RefreshRefused('the session is of another issuer');
  const { target } = expected;
  const keeperFailures: unknown[] = [];
  const keepSuccessor: KeepSuccessor = async (successor) => {
    try {
      await expected.keepSuccessor?.(successor);
    } catch (error) {
      keeperFailures.push(error);
      throw error;
    }
  };
  // A session that is older than the setting gets its key with its next own token.
  const isUnbound = context.options.dpop === 'on' && expected.target === undefined;
  const dpopKey = expected.dpopKey ?? (isUnbound ? createDpopKey() : undefined);
  try {
    const granted = await requestTokens(context, metadata, { refreshToken, target, keepSuccessor, dpopKey });
    const tokens = { ...granted, dpopKey };
    const { idToken, accessToken } = tokens;
    if (idToken === undefined) return { ...tokens, claims: undefined };
    const claims = await verifyRefreshed(context, metadata, { idToken, accessToken, expected });
    return { ...tokens, claims };
  } catch (error) {
    // A keeper that failed says nothing about the grant: its own error is what the caller has to see.
    if (keeperFailures.length > 0) throw keeperFailures[0];
    throw error;
  }
};
