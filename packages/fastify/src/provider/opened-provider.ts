import type { ResolvedOptions } from '../options.ts';
import { createRequests } from './authorization-request.ts';
import { createClientAuthentication } from './client-authentication.ts';
import { createDiscovery } from './discovery.ts';
import { createEndSessionUrl, isProviderDown, tryDiscovery } from './end-session.ts';
import { createKeySet } from './key-set.ts';
import { completeLogin } from './login-completion.ts';
import { verifyLogout } from './logout-token.ts';
import type { Provider } from './provider.ts';
import { createProviderHttp } from './provider-http.ts';
import type { ProviderRoom } from './provider-room.ts';
import { createRefreshRequests } from './refresh-request.ts';
import { refreshTokens } from './token-refresh.ts';
import { revokeToken } from './token-revocation.ts';

/** The steps towards the provider, and the room that they are taken in. */
export interface OpenedProvider
  extends Omit<Provider, 'warmUp' | 'isDiscovered' | 'endSessionOrigin' | 'close'> {
  readonly room: ProviderRoom;
}

const createRoom = (options: ResolvedOptions): ProviderRoom => {
  const http = createProviderHttp(options.providerTimeout, options.observe);
  const findKeyOf = createKeySet(http, options.clock);
  return {
    options,
    http,
    discovery: createDiscovery(http, options.issuer, options.clock),
    authenticated: createClientAuthentication(options),
    requestRefresh: createRefreshRequests(options, http),
    trust: ({ issuer, jwks_uri }) => ({ issuer, options, findKey: findKeyOf(jwks_uri) }),
  };
};

/** Opens the way to the provider of these options: nothing is asked of it yet. */
export const openProvider = (options: ResolvedOptions): OpenedProvider => {
  const room = createRoom(options);
  const { discovery } = room;
  const createRequest = createRequests(options);
  return {
    room,
    createAuthorizationRequest: async (hints) => createRequest(await discovery.require(), hints),
    completeLogin: (parameters, checks, log) => completeLogin(room, { parameters, checks }, log),
    refresh: (refreshToken, expected, keepSuccessor) =>
      refreshTokens(room, refreshToken, { ...expected, keepSuccessor }),
    revoke: (refreshToken) => revokeToken(room, refreshToken),
    findEndSession: async (idToken) => {
      if (options.logoutUrl === undefined) await tryDiscovery(discovery);
      const url = createEndSessionUrl(discovery.current(), options, idToken);
      if (url === undefined || (await isProviderDown(room.http, options.issuer))) return undefined;
      return url;
    },
    verifyLogoutToken: async (token) => verifyLogout(token, room.trust(await discovery.require())),
  };
};
