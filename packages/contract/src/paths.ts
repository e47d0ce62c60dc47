/**
 * The paths of the BFF's own routes. No page of the SPA can have one of them.
 *
 * @see RFC 10017 section 6.1.2
 */
export const paths = {
  login: '/login',
  callback: '/login/callback',
  logout: '/logout',
  backchannelLogout: '/logout/backchannel',
  frontchannelLogout: '/logout/frontchannel',
  me: '/api/me',
  meEvents: '/api/me/events',
  meSessions: '/api/me/sessions',
  providers: '/api/providers',
  health: '/healthz',
  ready: '/readyz',
  clientKeys: '/.well-known/foyer-jwks.json',
} as const;
