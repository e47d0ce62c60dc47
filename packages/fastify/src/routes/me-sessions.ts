import { type EndedSessions, paths, type SessionList } from '@foyer/contract';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Bff } from '../bff.ts';
import { logEvent } from '../events.ts';
import { Problem } from '../problems.ts';
import { whoOf } from '../session/log-subject.ts';
import type { Session } from '../session/session-record.ts';
import { addRoute } from './add-route.ts';

const idOf = ({ url }: FastifyRequest): string => url.split('?', 1)[0]?.split('/').at(-1) ?? '';

/** `GET` and `DELETE /api/me/sessions`, `DELETE /api/me/sessions/{id}`: where this user is signed in. */
export const addMeSessionsRoutes = (scope: FastifyInstance, { sessions }: Bff): void => {
  const report = (reply: FastifyReply, { id }: Session, ended: number): FastifyReply => {
    logEvent(reply.log, 'sessions_revoked', { session: id, ended, ...whoOf(reply.request) });
    const answer: EndedSessions = { ended };
    return reply.send(answer);
  };
  addRoute(scope, paths.meSessions, {
    GET: async (request, reply) => {
      const session = await sessions.require(request);
      const list: SessionList = { sessions: await sessions.list(request, session) };
      return reply.send(list);
    },
    DELETE: async (request, reply) => {
      const session = await sessions.require(request);
      return report(reply, session, await sessions.endOthers(session));
    },
  });
  addRoute(scope, `${paths.meSessions}/:id`, {
    DELETE: async (request, reply) => {
      const session = await sessions.require(request);
      if (!(await sessions.endOwn(session, idOf(request))))
        throw new Problem('not_found', 'No session of this user has the id');
      return report(reply, session, 1);
    },
  });
};
