export { isLoopbackHost } from './browser-security/loopback-host.ts';
export type { OpenerPolicy } from './browser-security/page-permissions.ts';
export { logEvent, logEvents } from './events.ts';
export type { Observation, Observe } from './logging/observation.ts';
export { logRequest } from './logging/request-log.ts';
export {
  type ApiRoute,
  type BffOptions,
  type ClientAuth,
  checkOptions,
  type OptionIssue,
  OptionsError,
  type ResolvedOptions,
  resolveOptions,
  type SpaSource,
} from './options.ts';
export { bff } from './plugin.ts';
export { Problem } from './problems.ts';
export { createProvider, type Provider } from './provider/provider.ts';
export { createServerOptions, type ServerSettings } from './server/server-options.ts';
export { currentUser, requireUser } from './session/require-user.ts';
export { isSessionStoreUrl, openSessionStore } from './stores/open-session-store.ts';
export type {
  ListedSession,
  NewStoredSession,
  SessionStore,
  StoredSession,
} from './stores/session-store.ts';
