import type { AdapterFactory, ClientMetadata, Configuration, KoaContextWithOIDC } from 'oidc-provider';
import { type DevProviderOptions, developmentClient } from './options.ts';
import { contentSecurityPolicy, createErrorPage, createSignedOutPage, createSignOutPage } from './pages.ts';
import { findPerson } from './people.ts';
import { apiScopes, audiencesOf, exchangeGrant, resourceIndicators } from './resource-servers.ts';
import { acrValues, createPolicy } from './second-step.ts';
import { developmentCookieKey, developmentSigningKey } from './signing-key.ts';

const daySeconds = 24 * 60 * 60;

/** Sends one of our own pages. */
export function sendPage(ctx: Pick<KoaContextWithOIDC, 'set' | 'type' | 'body'>, page: string): void {
  ctx.set('content-security-policy', contentSecurityPolicy);
  ctx.set('cache-control', 'no-store');
  ctx.type = 'html';
  ctx.body = page;
}

function createClient(options: DevProviderOptions): ClientMetadata {
  const { publicUrls, appName, clientAuth = 'client_secret_basic' } = options;
  const urls = publicUrls.map((url) => url.replace(/\/$/, ''));
  return {
    client_id: options.clientId ?? developmentClient.clientId,
    ...(appName === undefined ? {} : { client_name: appName }),
    ...(clientAuth === 'none'
      ? {}
      : { client_secret: options.clientSecret ?? developmentClient.clientSecret }),
    token_endpoint_auth_method: clientAuth,
    grant_types: [
      ...['authorization_code', 'refresh_token'],
      ...(options.apiAudience === undefined || clientAuth === 'none'
        ? []
        : ['client_credentials', exchangeGrant]),
    ],
    response_types: ['code'],
    redirect_uris: urls.map((url) => `${url}/login/callback`),
    post_logout_redirect_uris: urls.map((url) => `${url}/logout`),
    ...(urls[0] === undefined ? {} : { backchannel_logout_uri: `${urls[0]}/logout/backchannel` }),
    backchannel_logout_session_required: true,
    require_auth_time: true,
  };
}

/** Grants every requested scope and claim, so that no consent page is shown. Each login has its own grant. */
const loadExistingGrant =
  (audiences: readonly string[]): NonNullable<Configuration['loadExistingGrant']> =>
  async ({ oidc }) => {
    const clientId = oidc.client?.clientId;
    const accountId = oidc.session?.accountId;
    if (clientId === undefined || accountId === undefined) return undefined;
    const grant = new oidc.provider.Grant({ clientId, accountId });
    grant.addOIDCScope([...oidc.requestParamScopes].join(' '));
    grant.addOIDCClaims([...oidc.requestParamClaims]);
    for (const audience of audiences) grant.addResourceScope(audience, apiScopes.join(' '));
    await grant.save();
    return grant;
  };

/** Whether a token was issued to the client: it may introspect and revoke no other. @see RFC 7009 section 2.1 */
const isTokenOfClient = (
  _ctx: unknown,
  { clientId }: { readonly clientId: string },
  token: { readonly clientId?: string | undefined },
): boolean => token.clientId === clientId;

/** Fetches loopback addresses too, which the library's own dispatcher refuses. */
const fetchAnywhere: NonNullable<Configuration['fetch']> = (input, init = {}) => {
  const withoutDispatcher = Object.entries(init).filter(([name]) => name !== 'dispatcher');
  return globalThis.fetch(input, Object.fromEntries(withoutDispatcher));
};

/** The configuration of the development provider: one client, no consent page, rotation with reuse detection. */
export function createConfiguration(options: DevProviderOptions, adapter: AdapterFactory): Configuration {
  const { apiAudience, ttl = {} } = options;
  const audiences = audiencesOf(options);
  const [first, ...more] = audiences;
  return {
    adapter,
    clients: [createClient(options)],
    jwks: { keys: [developmentSigningKey] },
    cookies: { keys: [developmentCookieKey] },
    pkce: { required: () => true },
    scopes: ['openid', 'offline_access', ...apiScopes],
    claims: {
      openid: ['sub'],
      profile: [
        ...['name', 'given_name', 'family_name', 'nickname', 'preferred_username'],
        ...['locale', 'zoneinfo', 'birthdate', 'updated_at', 'groups'],
      ],
      email: ['email', 'email_verified'],
      phone: ['phone_number', 'phone_number_verified'],
    },
    conformIdTokenClaims: apiAudience === undefined,
    findAccount: (_ctx, accountId) => {
      const person = findPerson(accountId);
      return person && { accountId, claims: () => ({ ...person.claims, sub: accountId }) };
    },
    acrValues: Object.values(acrValues),
    interactions: { url: (_ctx, { uid }) => `/interaction/${uid}`, policy: createPolicy() },
    issueRefreshToken: async (_ctx, client) => client.grantTypeAllowed('refresh_token'),
    rotateRefreshToken: () => true,
    loadExistingGrant: loadExistingGrant(audiences),
    fetch: fetchAnywhere,
    features: {
      devInteractions: { enabled: false },
      // In development the authorization request can be read in the address bar.
      pushedAuthorizationRequests: { enabled: false },
      revocation: { enabled: true, allowedPolicy: isTokenOfClient },
      introspection: { enabled: true, allowedPolicy: isTokenOfClient },
      backchannelLogout: { enabled: true },
      rpInitiatedLogout: {
        enabled: true,
        logoutSource: (ctx, form) => sendPage(ctx, createSignOutPage(form)),
        postLogoutSuccessSource: (ctx) => sendPage(ctx, createSignedOutPage()),
      },
      // An access token for the API is not accepted by userinfo, so every claim is in the ID token.
      userinfo: { enabled: apiAudience === undefined },
      clientCredentials: { enabled: apiAudience !== undefined },
      ...(first === undefined ? {} : { resourceIndicators: resourceIndicators([first, ...more]) }),
    },
    renderError: (ctx, out) => sendPage(ctx, createErrorPage(out.error, out.error_description)),
    ttl: {
      AccessToken: ttl.accessToken ?? 300,
      ClientCredentials: ttl.accessToken ?? 300,
      IdToken: ttl.idToken ?? 3600,
      RefreshToken: ttl.refreshToken ?? 14 * daySeconds,
      Session: ttl.session ?? 14 * daySeconds,
      Grant: ttl.refreshToken ?? 14 * daySeconds,
      Interaction: 3600,
    },
  };
}
