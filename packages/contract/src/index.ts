export type { AnonymousMe, Me, MeSession, SignedInMe, User } from './me.ts';
export { parseMe } from './me.ts';
/**
 * The paths of the BFF's own routes. No page of the SPA can have one of them.
 *
 * @see RFC 10017 section 6.1.2
 */
export * as paths from './paths.ts';
export type { ProblemCode, ProblemDetails } from './problem-codes.ts';
export { problems } from './problem-codes.ts';
export type { ProviderList, ProviderSummary } from './providers.ts';
export {
  type ExpiringEvent,
  type SignedOutEvent,
  type SignedOutReason,
  signedOutReasons,
} from './session-events.ts';
export type { EndedSessions, LogoutAnswer, SessionCookie, SessionList, SessionSummary } from './sessions.ts';
export { parseLogoutAnswer, parseSessionList } from './sessions.ts';
