import type { FastifyRequest } from 'fastify';
import { Problem } from '../problems.ts';
import type { Eventually } from '../stores/session-store.ts';
import type { CurrentOptions, Session, Sessions } from './session.ts';

/**
 * The live session of a request. At once where the store is local.
 *
 * @throws Problem `session_expired` when the request brought a session cookie, `unauthenticated` when not.
 */
export const requireSession = (
  sessions: Sessions,
  request: FastifyRequest,
  options?: CurrentOptions,
): Eventually<Session> => {
  const require = (session: Session | undefined): Session => {
    if (session !== undefined) return session;
    throw new Problem(
      sessions.broughtCookie(request) ? 'session_expired' : 'unauthenticated',
      'The request has no live session',
    );
  };
  const session = sessions.current(request, options);
  return session instanceof Promise ? session.then(require) : require(session);
};
