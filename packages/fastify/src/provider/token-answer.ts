import type { ResolvedOptions } from '../options.ts';
import { Problem } from '../problems.ts';
import { EndpointRefusal, parseErrorCode, parseObject } from './provider-errors.ts';
import type { ProviderAnswer } from './provider-http.ts';

/** What a grant brings, in wire spelling: absent, `null`, empty and unusable optional members are left out. */
export interface TokenAnswer {
  readonly access_token: unknown;
  readonly token_type: unknown;
  /** Seconds. */
  readonly expires_in?: number;
  readonly refresh_token?: string;
  readonly id_token?: string;
  readonly scope?: string;
}

/** Two errors that providers say in a header alone. @see RFC 6749 section 5.2; RFC 9449 section 9 */
export const challengeError = (answer: ProviderAnswer): string | undefined =>
  /\berror="?(invalid_client|use_dpop_nonce)\b/.exec(answer.header('www-authenticate') ?? '')?.[1];

/** The refusal that an answer of an endpoint stands for. */
export const readRefusal = (endpoint: string, answer: ProviderAnswer): EndpointRefusal =>
  new EndpointRefusal(
    endpoint,
    answer,
    parseErrorCode(parseObject(answer.text)?.error) ?? challengeError(answer),
  );

/** Seconds: no session lasts longer, and a number without bounds is lost when it is stored. */
const maxLifetimeSeconds = 366 * 86_400;

/** Seconds; some providers write them as text, and what is no time to come says nothing. */
const readLifetime = (value: unknown): number | undefined => {
  const seconds = typeof value === 'string' ? Number.parseFloat(value) : value;
  if (typeof seconds !== 'number' || !(seconds > 0)) return undefined;
  return Math.min(seconds, maxLifetimeSeconds);
};

const isText = (value: unknown): value is string => typeof value === 'string' && value !== '';

/**
 * Reads the answer of any grant.
 *
 * @throws EndpointRefusal for any status but 200; Problem `provider_invalid_response` for no JSON object.
 * @see RFC 6749 sections 5.1 and 5.2
 */
export const parseTokenAnswer = (answer: ProviderAnswer): TokenAnswer => {
  if (answer.status !== 200) throw readRefusal('token endpoint', answer);
  const members = parseObject(answer.text);
  // Its first characters would stand in the log as the cause of a parser's error.
  if (members === undefined)
    throw new Problem('provider_invalid_response', 'the token response is not a JSON object');
  const { access_token, token_type, refresh_token, id_token, scope } = members;
  const expires_in = readLifetime(members.expires_in);
  return {
    access_token,
    token_type,
    ...(expires_in === undefined ? {} : { expires_in }),
    ...(isText(refresh_token) ? { refresh_token } : {}),
    ...(isText(id_token) ? { id_token } : {}),
    ...(isText(scope) ? { scope } : {}),
  };
};

/** What a grant brings; the signature of the ID token is not verified yet. */
export interface GrantedTokens {
  readonly accessToken: string;
  /** Milliseconds since the epoch; `undefined` when neither the provider nor the token itself says. */
  readonly accessTokenExpiresAt: number | undefined;
  readonly refreshToken: string | undefined;
  readonly idToken: string | undefined;
  /** Separated by spaces; `undefined` when the provider does not say: what was asked for. @see RFC 6749 section 5.1 */
  readonly scope: string | undefined;
}

/** The members that openid-client has judged. */
interface TokenMembers {
  readonly access_token: string;
  readonly expires_in?: number;
  readonly refresh_token?: string;
  readonly id_token?: string;
  readonly scope?: string;
  /** The ID token as it came; `id_token` may lack claims that were empty. */
  readonly signed_id_token?: unknown;
}

/** The `exp` of an access token that is a JWT; it is a hint for us, not a proof. @see RFC 9068 section 2.2 */
const readExpiry = (accessToken: string, now: number): number | undefined => {
  const [, claims, signature] = accessToken.split('.');
  if (claims === undefined || signature === undefined) return undefined;
  const exp = parseObject(Buffer.from(claims, 'base64url').toString())?.exp;
  return typeof exp === 'number' && exp > 0
    ? Math.min(exp * 1000, now + maxLifetimeSeconds * 1000)
    : undefined;
};

/** Names what a grant brings. @see OpenID Connect Core section 3.1.3.3 */
export const createGrantedTokens = (
  {
    access_token: accessToken,
    expires_in,
    refresh_token: refreshToken,
    signed_id_token: idToken,
    scope,
  }: TokenMembers,
  { clock }: Pick<ResolvedOptions, 'clock'>,
): GrantedTokens => {
  const now = clock();
  return {
    accessToken,
    accessTokenExpiresAt: expires_in === undefined ? readExpiry(accessToken, now) : now + expires_in * 1000,
    refreshToken,
    idToken: typeof idToken === 'string' ? idToken : undefined,
    scope,
  };
};
