// Each path is an export of its own, so that the bundle of the client has those alone that it uses. The package exports them
// together, as `paths`.

/** Begins a sign-in. */
export const login = '/login';
/** Where the provider's answers come to. */
export const callback = '/login/callback';
/** Ends the session. */
export const logout = '/logout';
/** Takes logout tokens of the provider. @see OpenID Connect Back-Channel Logout section 2.5 */
export const backchannelLogout = '/logout/backchannel';
/** Is framed by the provider's sign-out page. @see OpenID Connect Front-Channel Logout section 2 */
export const frontchannelLogout = '/logout/frontchannel';
/** Who is signed in. */
export const me = '/api/me';
/** The stream of the session's events. */
export const meEvents = '/api/me/events';
/** The sessions of the person. */
export const meSessions = '/api/me/sessions';
/** The providers that one can choose from. */
export const providers = '/api/providers';
/** Whether the process is alive. */
export const health = '/healthz';
/** Whether the process may get requests. */
export const ready = '/readyz';
/** The public keys of the client. @see RFC 7523 section 2.2 */
export const clientKeys = '/.well-known/foyer-jwks.json';
