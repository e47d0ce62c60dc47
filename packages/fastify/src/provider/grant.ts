import type { Configuration, DPoPHandle, TokenEndpointResponse } from 'openid-client';
import { Problem } from '../problems.ts';
import { requireTokenType } from './checks/access-token.ts';
import { requireAlgorithm } from './checks/algorithm.ts';
import { type AcceptedIssuer, isAcceptedIssuer, tenantOf } from './checks/issuer.ts';
import { runAuthenticated } from './client-authentication.ts';
import { proveKey } from './dpop.ts';
import { type JsonObject, parseObject, readClaims, readHeader, withoutAbsent } from './json-object.ts';
import type { ReadAnswer } from './openid-client.ts';
import type { ProviderContext } from './provider-context.ts';
import { readRefusal } from './provider-errors.ts';
import type { ProviderAnswer } from './provider-http.ts';
import type { TokenTrust } from './signed-token.ts';
import type { DpopKey, GrantedTokens } from './token-set.ts';

/** Seconds: no session lasts longer, and a number without bounds is lost when it is stored. */
const maxLifetimeSeconds = 366 * 86_400;

/** Seconds; some providers write them as text. Zero and negative numbers are ignored. */
const readLifetime = (value: unknown): number | undefined => {
  const seconds = typeof value === 'string' ? Number.parseFloat(value) : value;
  if (typeof seconds !== 'number' || !(seconds > 0)) return undefined;
  return Math.min(seconds, maxLifetimeSeconds);
};

const readText = (value: unknown): string | undefined =>
  typeof value === 'string' && value !== '' ? value : undefined;

/** Some providers send a list in place of text. @see RFC 6749 section 3.3 */
const readScope = (value: unknown): string | undefined => {
  const scopes = (Array.isArray(value) ? value : [value]).map(readText);
  return scopes.length > 0 && !scopes.includes(undefined) ? scopes.join(' ') : undefined;
};

/**
 * Reads the answer of any grant: `null`, empty and unusable optional members are absent.
 *
 * @throws EndpointRefusal for any status but 200; Problem `provider_invalid_response` for no JSON object.
 * @see RFC 6749 sections 5.1 and 5.2
 */
const parseTokenAnswer = (answer: ProviderAnswer) => {
  if (answer.status !== 200) throw readRefusal('token endpoint', answer);
  const members = parseObject(answer.text);
  // Its first characters would stand in the log as the cause of a parser's error.
  if (members === undefined)
    throw new Problem('provider_invalid_response', 'the token response is not a JSON object');
  const { access_token, token_type, expires_in, refresh_token, id_token, scope } = members;
  return {
    access_token,
    token_type,
    expires_in: readLifetime(expires_in),
    refresh_token: readText(refresh_token),
    id_token: readText(id_token),
    scope: readScope(scope),
  };
};

/** An issuer of an accepted tenant, which the token names a second time, is that of the metadata. */
const checkedIssuer = ({ iss, tid }: JsonObject, accepted: AcceptedIssuer): unknown => {
  const tenant = typeof iss === 'string' ? tenantOf(iss, accepted.issuer) : undefined;
  return tenant !== undefined && tenant === tid && isAcceptedIssuer(iss, accepted) ? accepted.issuer : iss;
};

/**
 * The ID token whose claims openid-client checks: without those that are empty, which are absent, and with the issuer of
 * the metadata in place of an accepted tenant's. The signature is verified over the token as it came.
 */
const checkedIdToken = (idToken: string, accepted: AcceptedIssuer): string => {
  const [header, , ...rest] = idToken.split('.');
  const claims = readClaims(idToken);
  if (claims === undefined) return idToken;
  const checked = { ...withoutAbsent(claims), iss: checkedIssuer(claims, accepted) };
  if (Object.keys(checked).length === Object.keys(claims).length && checked.iss === claims.iss)
    return idToken;
  return [header, Buffer.from(JSON.stringify(checked)).toString('base64url'), ...rest].join('.');
};

const requireKnownAlgorithm = (idToken: string, { algorithms }: TokenTrust): void => {
  const header = readHeader(idToken);
  // Text that is not a token is refused by openid-client.
  if (header !== undefined) requireAlgorithm(header.alg, algorithms);
};

/** Called with the new refresh token before anything else of the answer is checked. */
export type KeepSuccessor = (refreshToken: string) => Promise<void>;

/** What a grant is asked for with, and what it may bring beside its access token. */
interface GrantRequest {
  /** The key that the tokens are to be bound to. */
  readonly dpopKey: DpopKey | undefined;
  readonly keepSuccessor?: KeepSuccessor | undefined;
  /** Whether an ID token is about a session; else it is not looked at. Default: it is. */
  readonly isAboutSession?: boolean;
}

/** Makes the reader of a grant's answer. The new refresh token is kept first: the old one is used up by now. */
const readGrant =
  (trust: TokenTrust, { keepSuccessor, isAboutSession = true }: GrantRequest): ReadAnswer =>
  async (answer, isBound) => {
    const tokens = parseTokenAnswer(answer);
    if (tokens.refresh_token !== undefined) await keepSuccessor?.(tokens.refresh_token);
    requireTokenType(tokens, isBound ? 'DPoP' : 'Bearer');
    const { id_token: idToken, ...others } = tokens;
    if (idToken === undefined || !isAboutSession) return Response.json(others);
    requireKnownAlgorithm(idToken, trust);
    return Response.json({ ...others, id_token: checkedIdToken(idToken, trust), signed_id_token: idToken });
  };

/** The `exp` of an access token that is a JWT; it is a hint for us, not a proof. @see RFC 9068 section 2.2 */
const readExpiry = (accessToken: string, now: number): number | undefined => {
  const exp = accessToken.split('.').length < 3 ? undefined : readClaims(accessToken)?.exp;
  return typeof exp === 'number' && exp > 0
    ? Math.min(exp * 1000, now + maxLifetimeSeconds * 1000)
    : undefined;
};

/** Names what openid-client has checked; its `id_token` may lack claims that were empty. */
const nameTokens = (granted: TokenEndpointResponse, now: number): GrantedTokens => {
  const { access_token: accessToken, expires_in: seconds, signed_id_token: idToken } = granted;
  return {
    accessToken,
    accessTokenExpiresAt: seconds === undefined ? readExpiry(accessToken, now) : now + seconds * 1000,
    refreshToken: granted.refresh_token,
    idToken: typeof idToken === 'string' ? idToken : undefined,
    scope: granted.scope,
  };
};

/**
 * Runs a grant at the token endpoint, by one of openid-client's functions.
 *
 * @throws whatever `providerProblem` has a name for.
 * @see OpenID Connect Core section 3.1.3.3
 */
export const requestGrant = async (
  context: ProviderContext,
  request: GrantRequest,
  grant: (config: Configuration, options: { readonly DPoP?: DPoPHandle }) => Promise<TokenEndpointResponse>,
): Promise<GrantedTokens> => {
  const { config, trust } = await context.discovered();
  const granted = await runAuthenticated(
    context,
    { endpoint: 'token_endpoint', read: readGrant(trust, request) },
    async () => grant(config, await proveKey(context, config, request.dpopKey)),
  );
  return { ...nameTokens(granted, context.options.clock()), dpopKey: request.dpopKey };
};
