import type { FastifyBaseLogger } from 'fastify';
import { authorizationCodeGrant, type Configuration } from 'openid-client';
import type { ResolvedOptions } from '../options.ts';
import { Problem } from '../problems.ts';
import type { AuthorizationChecks } from './authorization-policy.ts';
import { requireAcr } from './checks/authentication-context.ts';
import { requireSessionExpiry } from './checks/session-expiry.ts';
import { createDpopKey, proveKey, withNonce } from './dpop.ts';
import { type IdTokenClaims, verifyIdToken } from './id-token.ts';
import type { Metadata } from './metadata.ts';
import type { ProviderContext } from './provider-context.ts';
import { authorizationProblem, endsGrant, findRefusal, providerProblem } from './provider-errors.ts';
import { redirectUri } from './redirect-uri.ts';
import { createGrantedTokens } from './token-answer.ts';
import type { CompletedLogin, TokenSet } from './token-set.ts';
import { readUserinfo } from './userinfo.ts';

const invalid = (reason: string): Problem => new Problem('invalid_authorization_response', reason);

/** What came back with the browser, and what was sent with it. */
interface AuthorizationResponse {
  readonly parameters: URLSearchParams;
  readonly checks: AuthorizationChecks;
}

/** Our own refusals come first: they are the browser's fault, not the provider's. @see RFC 9207 section 2.4 */
const checkResponse = ({ parameters, checks }: AuthorizationResponse, metadata: Metadata): void => {
  if (parameters.get('state') !== checks.state) throw invalid('state differs');
  const iss = parameters.get('iss');
  if (iss === null && metadata.authorization_response_iss_parameter_supported)
    throw invalid('iss is missing');
  if (iss !== null && iss !== metadata.issuer) throw invalid('iss is another issuer');
  const error = parameters.get('error');
  if (error !== null && parameters.has('code')) throw invalid('both code and error');
  if (error !== null) throw authorizationProblem(error, parameters.get('error_description'));
  if (!parameters.get('code')) throw invalid('code is missing');
};

const grantProblem = (error: unknown): Problem => {
  const refusal = findRefusal(error);
  return refusal?.error === 'invalid_grant' && endsGrant(refusal)
    ? new Problem('login_expired', 'the token endpoint answered invalid_grant', { cause: error })
    : providerProblem(error);
};

/** The callback as openid-client sees it: whatever else the provider adds changes nothing. */
const callbackUrl = (options: ResolvedOptions, { parameters, checks }: AuthorizationResponse): URL => {
  const url = new URL(redirectUri(options, checks.hasOwnCallback));
  for (const name of ['code', 'state', 'iss']) {
    const value = parameters.get(name);
    if (value !== null) url.searchParams.set(name, value);
  }
  return url;
};

/** One try at the token endpoint, with a proof of the session's key where it has one. */
type Prove = (config: Configuration) => ReturnType<typeof proveKey>;

const requestTokens =
  (url: URL, { state, nonce, codeVerifier, maxAge }: AuthorizationChecks, prove: Prove) =>
  async (config: Configuration): ReturnType<typeof authorizationCodeGrant> =>
    authorizationCodeGrant(
      config,
      url,
      {
        expectedState: state,
        expectedNonce: nonce,
        pkceCodeVerifier: codeVerifier,
        idTokenExpected: true,
        ...(maxAge === undefined ? {} : { maxAge }),
      },
      undefined,
      await prove(config),
    );

interface Exchanged {
  readonly tokens: TokenSet;
  readonly claims: IdTokenClaims;
}

const exchange = async (
  context: ProviderContext,
  metadata: Metadata,
  response: AuthorizationResponse,
): Promise<Exchanged> => {
  const { checks } = response;
  const { authenticated, options, nonces } = context;
  const dpopKey = options.dpop === 'on' ? createDpopKey() : undefined;
  const prove: Prove = (config) => proveKey(config, dpopKey, nonces);
  const grant = requestTokens(callbackUrl(options, response), checks, prove);
  const granted = await withNonce(() => authenticated(metadata, 'token_endpoint', grant));
  const { idToken, ...tokens } = createGrantedTokens(granted, options);
  if (idToken === undefined)
    throw new Problem('provider_invalid_response', 'the token response has no ID token');
  const claims = await verifyIdToken(idToken, context.trust(metadata), tokens.accessToken);
  requireAcr(claims, checks.acrValues);
  requireSessionExpiry(claims, options.clock() / 1000);
  const scope = tokens.scope ?? options.scope;
  return { claims, tokens: { ...tokens, idToken, nonce: checks.nonce, scope, dpopKey } };
};

/** Finishes a login from the callback's parameters. @see OpenID Connect Core section 3.1.3 */
export const completeLogin = async (
  context: ProviderContext,
  response: AuthorizationResponse,
  log: FastifyBaseLogger,
): Promise<CompletedLogin> => {
  const { discovery } = context;
  const metadata = await discovery.require();
  checkResponse(response, metadata);
  const { tokens, claims } = await exchange(context, metadata, response).catch((error: unknown) => {
    const problem = grantProblem(error);
    if (problem.code !== 'login_expired') discovery.doubt();
    throw problem;
  });
  const { sub } = claims;
  const { accessToken, dpopKey } = tokens;
  const userinfo = await readUserinfo(context, metadata, { accessToken, sub, dpopKey, log });
  const sid = typeof claims.sid === 'string' && claims.sid !== '' ? claims.sid : undefined;
  return {
    provider: context.options.providerId,
    clientId: context.options.clientId,
    issuer: claims.iss,
    sub,
    sid,
    claims: { ...claims, ...userinfo },
    idTokenClaims: claims,
    tokens,
  };
};
