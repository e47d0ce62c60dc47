export { createServerOptions, type ServerSettings } from './edge/server-options.ts';
export {
  type ApiRoute,
  type BffOptions,
  type ClientAuth,
  checkOptions,
  isLoopbackHost,
  type OptionIssue,
  OptionsError,
  type ResolvedOptions,
  resolveOptions,
  type SpaSource,
} from './options.ts';
export { bff } from './plugin.ts';
export { Problem } from './problems.ts';
export { createProvider, type Provider } from './provider/provider.ts';
export { currentUser, requireUser } from './require-user.ts';
export { openSessionStore } from './session/stores/open-session-store.ts';
export type {
  ListedSession,
  NewStoredSession,
  SessionStore,
  StoredSession,
} from './session/stores/session-store.ts';
