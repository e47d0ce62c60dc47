import { createRemoteJWKSet, customFetch, errors, type JWTVerifyGetKey, jwtVerify } from 'jose';

/** What an access token allows. */
export interface Access {
  readonly sub: string;
  readonly scopes: ReadonlySet<string>;
  /** Thumbprint of the key that the token is bound to, if it is. @see RFC 9449 section 6.1 */
  readonly thumbprint: string | undefined;
}

/** The access token is invalid: malformed, expired, or issued for another API. @see RFC 6750 section 3.1 */
export class InvalidToken extends Error {
  override readonly name = 'InvalidToken';
}

/** Reads access tokens of one issuer, made for one audience. */
export interface AccessTokens {
  /** Verifies a token. @throws InvalidToken, or a network error when the provider's keys cannot be read. */
  readonly read: (token: string) => Promise<Access>;
}

const timeoutMs = 5000;

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null;

const discoverKeys = async (issuer: string): Promise<JWTVerifyGetKey> => {
  const url = `${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`;
  const response = await fetch(url, { signal: AbortSignal.timeout(timeoutMs), redirect: 'error' });
  const metadata: unknown = await response.json();
  if (!isObject(metadata) || metadata.issuer !== issuer || typeof metadata.jwks_uri !== 'string')
    throw new Error(`${url} is not the metadata of ${issuer}: check ISSUER`);
  return createRemoteJWKSet(new URL(metadata.jwks_uri), {
    timeoutDuration: timeoutMs,
    [customFetch]: (input: string, init: RequestInit) => fetch(input, init),
  });
};

const parseScopes = (scope: unknown): ReadonlySet<string> =>
  new Set(typeof scope === 'string' ? scope.split(' ').filter((name) => name !== '') : []);

/** A token that is bound in a way that is not known here is not unbound. */
const parseThumbprint = (confirmation: unknown): string | undefined => {
  if (confirmation === undefined) return undefined;
  if (isObject(confirmation) && typeof confirmation.jkt === 'string') return confirmation.jkt;
  throw new InvalidToken('It is bound to something else than a key of DPoP');
};

/** Whether the token is invalid, as opposed to keys that could not be read. */
const isRefusal = (error: unknown): boolean =>
  error instanceof errors.JOSEError &&
  !(error instanceof errors.JWKSTimeout) &&
  error.code !== 'ERR_JOSE_GENERIC';

/** Creates the reader of access tokens. It fetches the provider's keys for the first token. @see RFC 9068 section 4 */
export const createAccessTokens = (issuer: string, audience: string): AccessTokens => {
  let keys: Promise<JWTVerifyGetKey> | undefined;
  const requireKeys = (): Promise<JWTVerifyGetKey> => {
    keys ??= discoverKeys(issuer).catch((error: unknown) => {
      keys = undefined;
      throw error;
    });
    return keys;
  };
  return {
    read: async (token) => {
      const findKey = await requireKeys();
      try {
        const { payload } = await jwtVerify(token, findKey, {
          issuer,
          audience,
          typ: 'at+jwt',
          algorithms: ['RS256'],
          requiredClaims: ['sub', 'exp', 'iat', 'client_id'],
          clockTolerance: 5,
        });
        if (typeof payload.sub !== 'string') throw new InvalidToken('It has no subject');
        return {
          sub: payload.sub,
          scopes: parseScopes(payload.scope),
          thumbprint: parseThumbprint(payload.cnf),
        };
      } catch (error) {
        if (isRefusal(error)) throw new InvalidToken('It is not acceptable', { cause: error });
        throw error;
      }
    },
  };
};
