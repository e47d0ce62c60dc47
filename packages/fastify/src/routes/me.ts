import { type AnonymousMe, paths, type SignedInMe } from '@foyer/contract';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Bff } from '../bff.ts';
import { addVary } from '../browser-security/cors.ts';
import { memoize } from '../memoize.ts';
import type { Session } from '../session/session-record.ts';
import { addRoute } from './add-route.ts';

/** A session has the same ends at most of its requests, and many requests of a busy server the same time. */
const printTime = memoize(2000, (milliseconds: number): string => new Date(milliseconds).toISOString());

const createSignedIn = (session: Session, now: number, logoutUrl: string): SignedInMe => ({
  authenticated: true,
  user: session.user,
  displayName: session.displayName,
  session: {
    id: session.id,
    now: printTime(now),
    idleExpiresAt: printTime(session.idleExpiresAt),
    expiresAt: printTime(session.expiresAt),
  },
  logoutUrl,
});

/** `GET /api/me`: who is signed in, anonymous visitors included, from the store alone. @see RFC 10017 section 6.1.2.1 */
export const addMeRoute = (scope: FastifyInstance, { options, sessions, rounds }: Bff): void => {
  const anonymous: AnonymousMe = { authenticated: false, loginUrl: `${options.basePath}${paths.login}` };
  const logoutUrl = `${options.basePath}${paths.logout}`;
  const answer = async (
    request: FastifyRequest,
    reply: FastifyReply,
    slide: boolean,
  ): Promise<FastifyReply> => {
    const session = await sessions.current(request, { slide });
    if (session !== undefined) rounds.proven(reply);
    return addVary(reply, 'Cookie').send(
      session === undefined ? anonymous : createSignedIn(session, options.clock(), logoutUrl),
    );
  };
  addRoute(scope, paths.me, {
    GET: (request, reply) => answer(request, reply, !/[?&]slide=false(&|$)/.test(request.url)),
    HEAD: (request, reply) => answer(request, reply, false),
  });
};
