import type { Eventually } from '../stores/session-store.ts';
import type { Session } from './session.ts';

/** Where a request keeps the session that was read for it: a slot of its own costs less than a `WeakMap`. */
export const seenSession = Symbol('session');

declare module 'fastify' {
  interface FastifyRequest {
    /** `undefined` until it was looked for, `null` when there is none. */
    [seenSession]?: Eventually<Session | undefined> | null;
  }
}
