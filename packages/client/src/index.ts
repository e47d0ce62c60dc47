export { type BffClient, type BffClientOptions, createBffClient } from './bff-client.ts';
export type { SessionSnapshot } from './session-snapshot.ts';
