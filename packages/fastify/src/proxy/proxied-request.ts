import type { FastifyRequest } from 'fastify';
import type { Bff } from '../bff.ts';
import type { ApiRoute } from '../options.ts';
import type { Session } from '../session/live-session.ts';
import { requireMet } from '../session/requirement.ts';

/**
 * The session that a route is called with, if any.
 *
 * @throws Problem `session_expired` or `unauthenticated` where the route requires one; `forbidden` or `step_up_required`
 * where it requires more of it.
 */
export const readSession = async (
  { sessions, options }: Pick<Bff, 'sessions' | 'options'>,
  request: FastifyRequest,
  { auth = 'required', require }: ApiRoute,
): Promise<Session | undefined> => {
  if (auth === 'none') return undefined;
  if (auth === 'optional' && require === undefined) return sessions.current(request);
  const session = await sessions.require(request);
  if (require !== undefined) requireMet(session, require, options);
  return session;
};
