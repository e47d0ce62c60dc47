import { paths } from '@foyer/contract';
import type { FastifyInstance, FastifyReply } from 'fastify';
import type { Bff } from '../bff.ts';
import { Problem } from '../problems.ts';
import { addRoute } from './add-route.ts';
import { streamSession } from './session-stream.ts';

const maxStreamsPerSession = 10;

/** `GET /api/me/events`: server-sent events about this session. @see HTML Standard section 9.2 */
export const addMeEventsRoute = (scope: FastifyInstance, bff: Bff): void => {
  const open = new Map<string, number>();
  const streams = new Set<FastifyReply>();
  scope.addHook('preClose', async () => {
    for (const reply of streams) reply.raw.end('retry: 1000\n\n');
  });
  addRoute(scope, paths.meEvents, {
    GET: async (request, reply) => {
      const session = await bff.sessions.require(request, { slide: false });
      // A browser that left in the meantime is not reported again, and would hold a place for ever.
      if (reply.raw.destroyed) return reply.hijack();
      const count = open.get(session.id) ?? 0;
      if (count >= maxStreamsPerSession)
        throw new Problem('rate_limited', 'Too many event streams of one session', { retryAfter: 30 });
      open.set(session.id, count + 1);
      reply.headers({
        'content-type': 'text/event-stream; charset=utf-8',
        'cache-control': 'no-store',
        'x-accel-buffering': 'no',
      });
      reply.headers(bff.headers.answers.of(reply)).hijack();
      for (const [name, value] of Object.entries(reply.getHeaders()))
        if (value !== undefined) reply.raw.setHeader(name, value);
      reply.raw.write('retry: 3000\n\n');
      streams.add(reply);
      bff.options.observe?.({ kind: 'stream', of: 'events', change: 1 });
      const stop = streamSession(bff, session, reply);
      reply.raw.once('close', () => {
        stop();
        streams.delete(reply);
        bff.options.observe?.({ kind: 'stream', of: 'events', change: -1 });
        const left = (open.get(session.id) ?? 1) - 1;
        if (left === 0) open.delete(session.id);
        else open.set(session.id, left);
      });
      return reply;
    },
  });
};
