import type { FastifyBaseLogger } from 'fastify';
import { authorizationCodeGrant } from 'openid-client';
import { Problem } from '../problems.ts';
import type { AuthorizationChecks } from './authorization-policy.ts';
import { requireAcr } from './checks/authentication-context.ts';
import { requireSessionExpiry } from './checks/session-expiry.ts';
import { createDpopKey } from './dpop.ts';
import { requestGrant } from './grant.ts';
import { type IdTokenClaims, verifyIdToken } from './id-token.ts';
import { overlayClaims } from './json-object.ts';
import type { Metadata } from './metadata.ts';
import type { ProviderContext } from './provider-context.ts';
import { authorizationProblem, endsGrant, findRefusal, providerProblem } from './provider-errors.ts';
import { redirectUri } from './return-addresses.ts';
import type { TokenTrust } from './signed-token.ts';
import type { CompletedLogin, TokenSet } from './token-set.ts';
import { readUserinfo } from './userinfo.ts';

const invalid = (reason: string): Problem => new Problem('invalid_authorization_response', reason);

/** The parameters of the callback, and the values of the authorization request to check them against. */
interface AuthorizationResponse {
  /** Those of the callback; duplicates have been refused before. */
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
const callbackUrl = (address: string, parameters: URLSearchParams): URL => {
  const url = new URL(address);
  for (const name of ['code', 'state', 'iss']) {
    const value = parameters.get(name);
    if (value !== null) url.searchParams.set(name, value);
  }
  return url;
};

const exchangeCode = async (
  context: ProviderContext,
  trust: TokenTrust,
  { parameters, checks }: AuthorizationResponse,
): Promise<{ readonly tokens: TokenSet; readonly claims: IdTokenClaims }> => {
  const { options } = context;
  const url = callbackUrl(redirectUri(options, checks.hasOwnCallback), parameters);
  const expected = {
    expectedState: checks.state,
    expectedNonce: checks.nonce,
    pkceCodeVerifier: checks.codeVerifier,
    idTokenExpected: true,
    ...(checks.maxAge === undefined ? {} : { maxAge: checks.maxAge }),
  };
  const dpopKey = options.dpop === 'on' ? createDpopKey() : undefined;
  const granted = await requestGrant(context, { dpopKey }, (config, proof) =>
    authorizationCodeGrant(config, url, expected, undefined, proof),
  );
  const { idToken, accessToken, scope = options.scope } = granted;
  if (idToken === undefined)
    throw new Problem('provider_invalid_response', 'the token response has no ID token');
  const claims = await verifyIdToken(idToken, trust, accessToken);
  requireAcr(claims, checks.acrValues);
  requireSessionExpiry(claims, options.clock() / 1000);
  return { claims, tokens: { ...granted, idToken, nonce: checks.nonce, scope } };
};

/** Finishes a login from the callback's parameters. @see OpenID Connect Core section 3.1.3 */
export const completeLogin = async (
  context: ProviderContext,
  response: AuthorizationResponse,
  log: FastifyBaseLogger,
): Promise<CompletedLogin> => {
  const { discovery, options } = context;
  const { metadata, trust } = await context.discovered();
  checkResponse(response, metadata);
  const { tokens, claims } = await exchangeCode(context, trust, response).catch((error: unknown) => {
    const problem = grantProblem(error);
    if (problem.code !== 'login_expired') discovery.doubt();
    throw problem;
  });
  const { sub, iss: issuer, sid } = claims;
  const userinfo = await readUserinfo(context, { ...tokens, sub, log });
  return {
    provider: options.providerId,
    clientId: options.clientId,
    issuer,
    sub,
    sid: typeof sid === 'string' && sid !== '' ? sid : undefined,
    claims: { ...overlayClaims(claims, userinfo ?? {}), iss: issuer },
    idTokenClaims: claims,
    tokens,
  };
};
