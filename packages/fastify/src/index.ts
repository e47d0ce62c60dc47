export type { Observation, Observe } from './logging/observation.ts';
export { logRequest } from './logging/request-log.ts';
export type { OpenerPolicy } from './options/page-options.ts';
export type { RequirementOptions } from './options/requirement.ts';
export type { LoginDecision, OnLogin, VerifiedLogin } from './options/session-options.ts';
export {
  type ApiRoute,
  type BffOptions,
  type ClientAuth,
  type OptionIssue,
  OptionsError,
  type ResolvedOptions,
  type RouteToken,
  type SpaSource,
} from './options.ts';
export { replyProblem } from './pages/problem-reply.ts';
export { bff } from './plugin.ts';
export { Problem } from './problems.ts';
export { countSessions, endSessions, nameSubject } from './routes/operator.ts';
export { accessToken, currentUser, type RequireUserHook, requireUser } from './routes/require-user.ts';
export { createServerOptions, type ServerSettings } from './server/server-options.ts';
export type { NamedSessions } from './session/session-ending.ts';
export { isSessionStoreUrl, openSessionStore } from './stores/open-session-store.ts';
export type {
  ListedSession,
  NewStoredSession,
  SessionStore,
  StoredSession,
} from './stores/session-store.ts';
