import { type EndedSessions, paths, type SessionList } from '@foyer/contract';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { Bff } from '../bff.ts';
import { logEvent } from '../events.ts';
import { Problem } from '../problems.ts';
import { whoOf } from '../session/log-subject.ts';
import { addRoute } from './add-route.ts';

const idOf = ({ url }: FastifyRequest): string => url.split('?', 1)[0]?.split('/').at(-1) ?? '';

/** `GET` and `DELETE /api/me/sessions`, `DELETE /api/me/sessions/{id}`: where this user is signed in. */
export const addMeSessionsRoutes = (scope: FastifyInstance, { sessions }: Bff): void => {
  addRoute(scope, paths.meSessions, {
    GET: async (request, reply) => {
      const session = await sessions.require(request);
      const list: SessionList = { sessions: await sessions.list(request, session) };
      return reply.header('cache-control', 'no-store').send(list);
    },
    DELETE: async (request, reply) => {
      const session = await sessions.require(request);
      const ended = await sessions.endOthers(session);
      logEvent(request.log, 'sessions_revoked', { session: session.id, ended, ...whoOf(request) });
      const answer: EndedSessions = { ended };
      return reply.header('cache-control', 'no-store').send(answer);
    },
  });
  addRoute(scope, `${paths.meSessions}/:id`, {
    DELETE: async (request, reply) => {
      const session = await sessions.require(request);
      if (!(await sessions.endOwn(session, idOf(request))))
        throw new Problem('not_found', 'No session of this user has the id');
      logEvent(request.log, 'sessions_revoked', { session: session.id, ended: 1, ...whoOf(request) });
      const answer: EndedSessions = { ended: 1 };
      return reply.header('cache-control', 'no-store').send(answer);
    },
  });
};
