import type { ResolvedOptions } from '../options.ts';
import { Problem } from '../problems.ts';
import { EndpointRefusal, parseErrorCode, parseObject } from './provider-errors.ts';
import type { ProviderAnswer } from './provider-http.ts';

const unacceptable = (reason: string): Problem => new Problem('provider_invalid_response', reason);

const challengeError = (response: ProviderAnswer): string | undefined =>
  /\berror="?([A-Za-z0-9_.:-]{1,64})/.exec(response.header('www-authenticate') ?? '')?.[1];

/**
 * The JSON object of a token response.
 *
 * @throws EndpointRefusal for any status but 200; Problem `provider_invalid_response` for no JSON object.
 * @see RFC 6749 sections 5.1 and 5.2
 */
export const readTokenAnswer = (response: ProviderAnswer): Readonly<Record<string, unknown>> => {
  const answer = parseObject(response.text);
  if (response.status !== 200) {
    const error = parseErrorCode(answer?.error) ?? challengeError(response);
    throw new EndpointRefusal('token endpoint', response, error);
  }
  // Its first characters would stand in the log as the cause of a parser's error.
  if (!answer) throw unacceptable('the token response is not a JSON object');
  return answer;
};

/** What a token response brings; the ID token is not verified yet. */
export interface TokenResponse {
  readonly accessToken: string;
  /** Milliseconds since the epoch; `undefined` when the provider did not say. */
  readonly accessTokenExpiresAt: number | undefined;
  readonly refreshToken: string | undefined;
  readonly idToken: string | undefined;
}

const readRefreshToken = ({ refresh_token }: Readonly<Record<string, unknown>>): string | undefined => {
  if (refresh_token === undefined || (typeof refresh_token === 'string' && refresh_token !== ''))
    return refresh_token;
  throw unacceptable('refresh_token of the token response is no text');
};

/** A Bearer token that a header can carry. @see RFC 6749 sections 7.1 and A.12 */
const readBearer = ({ token_type, access_token }: Readonly<Record<string, unknown>>): string => {
  if (typeof token_type !== 'string' || token_type.toLowerCase() !== 'bearer')
    throw unacceptable('token_type is not Bearer');
  if (typeof access_token !== 'string' || !/^[\x20-\x7e]+$/.test(access_token))
    throw unacceptable('there is no access token, or it holds odd characters');
  return access_token;
};

/** Seconds: no session lasts longer, and a number without bounds is lost when it is stored. */
const longestLife = 366 * 86_400;

/** Seconds; some providers write them as text. */
const readLife = ({ expires_in }: Readonly<Record<string, unknown>>): number | undefined => {
  if (expires_in === undefined) return undefined;
  const seconds = typeof expires_in === 'string' ? Number.parseFloat(expires_in) : expires_in;
  if (typeof seconds !== 'number' || !(seconds >= 0))
    throw unacceptable('expires_in of the token response is no number of seconds');
  return Math.min(seconds, longestLife);
};

/**
 * Checks the answer of the token endpoint.
 *
 * @throws Problem `provider_invalid_response`.
 * @see OpenID Connect Core section 3.1.3.3
 */
export const parseTokenResponse = (
  answer: Readonly<Record<string, unknown>>,
  { clock }: Pick<ResolvedOptions, 'clock'>,
): TokenResponse => {
  const accessToken = readBearer(answer);
  const life = readLife(answer);
  return {
    accessToken,
    accessTokenExpiresAt: life === undefined ? undefined : clock() + life * 1000,
    refreshToken: readRefreshToken(answer),
    // What is none is left out: at a refresh the new refresh token must not be lost for it.
    idToken: typeof answer.id_token === 'string' ? answer.id_token : undefined,
  };
};
