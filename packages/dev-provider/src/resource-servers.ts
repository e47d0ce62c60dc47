import { createLocalJWKSet, jwtVerify } from 'jose';
import type Provider from 'oidc-provider';
import { type Configuration, errors, type ResourceServer } from 'oidc-provider';
import type { DevProviderOptions } from './options.ts';
import { findPerson } from './people.ts';
import { developmentSigningKey } from './signing-key.ts';

/** The scopes of the APIs that access tokens are made for. */
export const apiScopes = ['users:read', 'users:write'];

/** The grant by which a client exchanges a token. @see RFC 8693 section 2.1 */
export const exchangeGrant = 'urn:ietf:params:oauth:grant-type:token-exchange';

const accessTokenType = 'urn:ietf:params:oauth:token-type:access_token';

/** The audiences that there are access tokens for; the first is the one of a token for which none is asked. */
export const audiencesOf = ({
  apiAudience,
  moreAudiences = [],
}: Pick<DevProviderOptions, 'apiAudience' | 'moreAudiences'>): readonly string[] =>
  apiAudience === undefined ? [] : [apiAudience, ...moreAudiences];

const createResourceServer = (audiences: readonly string[], audience: string): ResourceServer => {
  if (!audiences.includes(audience)) throw new errors.InvalidTarget('no such API');
  return {
    scope: apiScopes.join(' '),
    audience,
    accessTokenFormat: 'jwt',
    jwt: { sign: { alg: 'RS256' } },
  };
};

type ResourceIndicators = NonNullable<NonNullable<Configuration['features']>['resourceIndicators']>;

/**
 * One resource server for each audience. A login is granted all of them, and a token request may choose one.
 *
 * @see RFC 8707 section 2
 */
export const resourceIndicators = (audiences: readonly [string, ...string[]]): ResourceIndicators => ({
  enabled: true,
  defaultResource: ({ oidc }, _client, oneOf) => {
    if (oneOf !== undefined) return oneOf.find((each) => each === audiences[0]) ?? oneOf[0] ?? audiences[0];
    return oidc.route === 'token' ? audiences[0] : [...audiences];
  },
  useGrantedResource: () => true,
  getResourceServerInfo: (_ctx, audience) => createResourceServer(audiences, audience),
});

type ExchangeParameters = Readonly<
  Record<'subject_token' | 'subject_token_type' | 'requested_token_type' | 'audience', string | undefined>
>;

const readSubject = async (
  provider: Provider,
  { subject_token, subject_token_type }: ExchangeParameters,
  audience: string[],
): Promise<string> => {
  if (subject_token === undefined || subject_token_type !== accessTokenType)
    throw new errors.InvalidRequest('an access token is needed as subject_token');
  const { d, p, q, dp, dq, qi, ...publicKey } = developmentSigningKey;
  try {
    const { payload } = await jwtVerify(subject_token, createLocalJWKSet({ keys: [publicKey] }), {
      ...{ issuer: provider.issuer, audience, typ: 'at+jwt', algorithms: ['RS256'] },
    });
    if (findPerson(payload.sub ?? '') !== undefined && payload.sub !== undefined) return payload.sub;
  } catch {
    // It is refused below, whatever is wrong with it.
  }
  throw new errors.InvalidRequest('the subject_token is not valid');
};

/** Adds token exchange: an access token of a person for another audience, with the same or fewer scopes. */
export const addTokenExchange = (provider: Provider, audiences: readonly string[]): void => {
  provider.registerGrantType<ExchangeParameters>(
    exchangeGrant,
    async (ctx) => {
      const { params, client } = ctx.oidc;
      const { requested_token_type: requestedType = accessTokenType } = params;
      if (requestedType !== accessTokenType) throw new errors.InvalidRequest('only access tokens are issued');
      const accountId = await readSubject(provider, params, [...audiences]);
      const audience = params.audience ?? [params.resource].flat()[0] ?? '';
      const resourceServer = createResourceServer(audiences, audience);
      const grantId = await new provider.Grant({ accountId, clientId: client.clientId }).save();
      const token = new provider.AccessToken({ accountId, client, grantId, gty: 'token-exchange' });
      token.resourceServer = new provider.ResourceServer(audience, resourceServer);
      const wanted = params.scope?.split(' ') ?? apiScopes;
      token.scope = apiScopes.filter((scope) => wanted.includes(scope)).join(' ');
      ctx.body = {
        access_token: await token.save(),
        issued_token_type: accessTokenType,
        token_type: 'Bearer',
        expires_in: token.expiration,
        scope: token.scope,
      };
    },
    ['subject_token', 'subject_token_type', 'requested_token_type', 'audience', 'resource', 'scope'],
    ['resource'],
  );
};
