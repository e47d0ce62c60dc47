export { createServerOptions, type ServerSettings } from './edge/server-options.ts';
export { logEvent, logEvents } from './log-events.ts';
export { isLoopbackHost } from './loopback-host.ts';
export type { Observation, Observe } from './observation.ts';
export { checkOptions } from './option-checks.ts';
export {
  type ApiRoute,
  type BffOptions,
  type ClientAuth,
  type OptionIssue,
  OptionsError,
  type ResolvedOptions,
  type SpaSource,
} from './options.ts';
export { bff } from './plugin.ts';
export { Problem } from './problems.ts';
export { createProvider, type Provider } from './provider/provider.ts';
export { currentUser, requireUser } from './require-user.ts';
export { resolveOptions } from './resolve-options.ts';
export { isSessionStoreUrl, openSessionStore } from './session/stores/open-session-store.ts';
export type {
  ListedSession,
  NewStoredSession,
  SessionStore,
  StoredSession,
} from './session/stores/session-store.ts';
