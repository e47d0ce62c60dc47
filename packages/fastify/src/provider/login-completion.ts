import type { FastifyBaseLogger } from 'fastify';
import { Problem } from '../problems.ts';
import type { AuthorizationChecks } from './authorization-checks.ts';
import { redirectUri } from './authorization-request.ts';
import { requireAcr } from './checks/authentication-context.ts';
import { sendForm } from './client-authentication.ts';
import type { CompletedLogin } from './completed-login.ts';
import type { Metadata } from './discovery.ts';
import { type IdTokenClaims, verifyIdToken } from './id-token.ts';
import { authorizationProblem, EndpointRefusal, providerProblem } from './provider-errors.ts';
import type { ProviderRoom } from './provider-room.ts';
import { parseTokenResponse, readTokenAnswer, type TokenResponse } from './token-endpoint.ts';
import type { TokenSet } from './token-set.ts';
import { readUserinfo } from './userinfo.ts';

const invalid = (reason: string): Problem => new Problem('invalid_authorization_response', reason);

const checkResponse = (
  parameters: URLSearchParams,
  checks: AuthorizationChecks,
  metadata: Metadata,
): void => {
  if (parameters.get('state') !== checks.state) throw invalid('state differs');
  const iss = parameters.get('iss');
  if (iss === null && metadata.authorization_response_iss_parameter_supported)
    throw invalid('iss is missing');
  if (iss !== null && iss !== metadata.issuer) throw invalid('iss is another issuer');
  const error = parameters.get('error');
  if (error !== null && parameters.has('code')) throw invalid('both code and error');
  if (error !== null) throw authorizationProblem(error);
  if (!parameters.get('code')) throw invalid('code is missing');
};

const grantProblem = (error: unknown): Problem => {
  for (let cause = error; cause instanceof Error; cause = cause.cause) {
    if (cause instanceof EndpointRefusal && cause.error === 'invalid_grant') {
      return new Problem('login_expired', 'the token endpoint answered invalid_grant', { cause: error });
    }
  }
  return providerProblem(error);
};

/** Changes the code for tokens. @see RFC 6749 section 4.1.3 */
const requestTokens = async (
  { options, http, authenticated }: ProviderRoom,
  metadata: Metadata,
  { code, codeVerifier }: { readonly code: string; readonly codeVerifier: string },
): Promise<TokenResponse> => {
  const form = {
    grant_type: 'authorization_code',
    code,
    redirect_uri: redirectUri(options),
    code_verifier: codeVerifier,
  };
  const answer = await authenticated(metadata, async (credentials) =>
    readTokenAnswer(await sendForm(http, metadata.token_endpoint, form, credentials)),
  );
  return parseTokenResponse(answer, options);
};

interface Exchanged {
  readonly tokens: TokenSet;
  readonly claims: IdTokenClaims;
}

const exchange = async (
  room: ProviderRoom,
  metadata: Metadata,
  { parameters, checks }: { readonly parameters: URLSearchParams; readonly checks: AuthorizationChecks },
): Promise<Exchanged> => {
  const { codeVerifier, nonce, maxAge, acrValues } = checks;
  const code = parameters.get('code') ?? '';
  const { idToken, ...tokens } = await requestTokens(room, metadata, { code, codeVerifier });
  if (idToken === undefined)
    throw new Problem('provider_invalid_response', 'the token response has no ID token');
  const { accessToken } = tokens;
  const claims = await verifyIdToken(idToken, room.trust(metadata), { nonce, maxAge, accessToken });
  requireAcr(claims, acrValues);
  return { claims, tokens: { ...tokens, idToken, nonce } };
};

/** Finishes a login from the callback's parameters. @see OpenID Connect Core section 3.1.3 */
export const completeLogin = async (
  room: ProviderRoom,
  response: { readonly parameters: URLSearchParams; readonly checks: AuthorizationChecks },
  log: FastifyBaseLogger,
): Promise<CompletedLogin> => {
  const metadata = await room.discovery.require();
  checkResponse(response.parameters, response.checks, metadata);
  const { tokens, claims } = await exchange(room, metadata, response).catch((error: unknown) => {
    throw grantProblem(error);
  });
  const userinfo = await readUserinfo(room, metadata, {
    accessToken: tokens.accessToken,
    sub: claims.sub,
    log,
  });
  const sid = typeof claims.sid === 'string' ? claims.sid : undefined;
  return { issuer: metadata.issuer, sub: claims.sub, sid, claims: { ...claims, ...userinfo }, tokens };
};
