import type { FastifyRequest } from 'fastify';
import { Problem } from '../problems.ts';
import type { Session } from './live-session.ts';
import type { CurrentOptions } from './session.ts';
import type { Sessions } from './sessions.ts';

/**
 * The live session of a request.
 *
 * @throws Problem `session_expired` when the request brought a session cookie, `unauthenticated` when not.
 */
export const requireSession = async (
  sessions: Sessions,
  request: FastifyRequest,
  options?: CurrentOptions,
): Promise<Session> => {
  const session = await sessions.current(request, options);
  if (session !== undefined) return session;
  throw new Problem(
    sessions.broughtCookie(request) ? 'session_expired' : 'unauthenticated',
    'The request has no live session',
  );
};
