import type { User } from '@foyer/contract';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { replyProblem } from '../pages/problem-reply.ts';
import { Problem } from '../problems.ts';
import { requireSession } from './require-session.ts';

/**
 * The signed-in user of a request, `undefined` for anonymous visitors.
 *
 * @throws Problem `store_unavailable`
 * @see OpenID Connect Core section 5.1
 */
export const currentUser = async (request: FastifyRequest): Promise<User | undefined> =>
  (await request.server.foyer.sessions.current(request))?.user;

/**
 * An `onRequest` or `preHandler` hook for routes of your own: answers 403 to requests from other sites and
 * 401 to anonymous visitors, as problem JSON or a page; lets the user's own requests pass. A navigation from another
 * site, the way back from the provider included, is an anonymous visitor's: let sign-ins return to a page for everybody.
 *
 * @see RFC 10017 section 6.1.3.3; Fetch Metadata Request Headers section 2.3
 */
export const requireUser = async (request: FastifyRequest, reply: FastifyReply): Promise<void> => {
  const { judgeSource, sessions } = request.server.foyer;
  try {
    const verdict = judgeSource(request);
    if (verdict === 'refused') throw new Problem('cross_site_request', 'The request came from another site');
    if (verdict === 'anonymous')
      throw new Problem('unauthenticated', 'The navigation came from another site');
    await requireSession(sessions, request);
  } catch (error) {
    await replyProblem(error, request, reply);
  }
};
