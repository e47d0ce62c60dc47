// The paths of the BFF's own routes: no page of the SPA can have one of them. Each is an export of its own, so that the
// bundle of the client has those alone that it uses. They are exported as `paths`.

export const login = '/login';
export const callback = '/login/callback';
export const logout = '/logout';
export const backchannelLogout = '/logout/backchannel';
export const frontchannelLogout = '/logout/frontchannel';
export const me = '/api/me';
export const meEvents = '/api/me/events';
export const meSessions = '/api/me/sessions';
export const providers = '/api/providers';
export const health = '/healthz';
export const ready = '/readyz';
export const clientKeys = '/.well-known/foyer-jwks.json';
