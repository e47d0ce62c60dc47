export { type BffClient, type BffClientOptions, createBffClient } from './bff-client.ts';
export {
  type AnonymousSnapshot,
  lastSignedIn,
  type SessionSnapshot,
  type SignedInSnapshot,
} from './session-snapshot.ts';
export type { StepUpEvent } from './step-up.ts';
