/** The steps towards the provider, each under its name in `Provider`. */
export { createAuthorizationRequest } from './authorization-request.ts';
export {
  askProvider as ask,
  discoverProfileGaps as profileGaps,
  tryDiscovery as isDiscovered,
} from './discovery.ts';
export { createDpopProof } from './dpop.ts';
export { findEndSession } from './end-session.ts';
export { completeLogin } from './login-completion.ts';
export { verifyLogoutToken } from './logout-token.ts';
export { exchangeToken as exchange, requestClientToken as clientToken } from './target-grants.ts';
export { refreshTokens as refresh } from './token-refresh.ts';
export { revokeToken as revoke } from './token-revocation.ts';
export { readUserinfo } from './userinfo.ts';
