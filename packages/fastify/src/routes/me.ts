import { type AnonymousMe, paths, type SignedInMe } from '@foyer/contract';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { addRoute, type Bff } from '../bff.ts';
import type { Session } from '../session/session.ts';

const anonymousMe: AnonymousMe = { authenticated: false, loginUrl: paths.login };
const anonymous = JSON.stringify(anonymousMe);

const time = (milliseconds: number): string => new Date(milliseconds).toISOString();

/** What the browser may see of a session, member by member. */
const createMe = (session: Session, now: number): SignedInMe => ({
  authenticated: true,
  user: session.user,
  displayName: session.displayName,
  session: {
    id: session.id,
    now: time(now),
    idleExpiresAt: time(session.idleExpiresAt),
    expiresAt: time(session.expiresAt),
  },
  logoutUrl: paths.logout,
});

/** `GET /api/me`: who is signed in, for anybody, from the store alone. */
export const addMeRoute = (scope: FastifyInstance, { options, sessions }: Bff): void => {
  const answer = (slides: boolean) => async (request: FastifyRequest, reply: FastifyReply) => {
    reply.headers({ 'cache-control': 'no-store', 'content-type': 'application/json; charset=utf-8' });
    reply.header('vary', options.allowedOrigins.length === 0 ? 'Cookie' : 'Origin, Cookie');
    const slide = slides && !/[?&]slide=false(&|$)/.test(request.url);
    const session = await sessions.current(request, { slide });
    return reply.send(session === undefined ? anonymous : JSON.stringify(createMe(session, options.clock())));
  };
  addRoute(scope, paths.me, { GET: answer(true), HEAD: answer(false) });
};
