import { type ExpiringEvent, paths, type SignedOutEvent, type SignedOutReason } from '@foyer/contract';
import type { FastifyInstance, FastifyReply } from 'fastify';
import { logEvent } from '../events.ts';
import { Problem } from '../problems.ts';
import type { Session } from '../session/live-session.ts';
import { requireSession } from '../session/require-session.ts';
import { addRoute, type Bff } from './bff.ts';

const heartbeatMilliseconds = 15_000;
const mostStreams = 10;
/** How long before a limit the browser is told, in milliseconds. */
const warning = 60_000;
/** Timers of equal length share a list, which weighs more than they do: long ones are of whole seconds. */
const shortTimer = 10_000;
/** A timer counts at most this many milliseconds. */
const longestTimer = 2 ** 31 - 1;

/** Tells a stream's reader what happens to its session; every timer ends with the stream. */
const tell = ({ options, sessions }: Bff, session: Session, reply: FastifyReply): (() => void) => {
  const { raw } = reply;
  let expiry: NodeJS.Timeout | undefined;
  /** The end that the reader knows of: who looks again before it has come tells it no second time. */
  let announced: number | undefined;
  const send = (event: string, data: SignedOutEvent | ExpiringEvent): boolean =>
    raw.write(`event: ${event}\ndata: ${JSON.stringify(data)}\n\n`);
  /** The stream may be over before a slow store has answered. */
  let hasStopped = false;
  const stop = (): void => {
    hasStopped = true;
    clearInterval(heartbeat);
    clearTimeout(expiry);
    unlisten();
  };
  const end = (reason: SignedOutReason): void => {
    send('signed-out', { reason });
    raw.end();
    stop();
  };
  const heartbeat = setInterval(() => {
    if (!raw.write(': still here\n\n')) raw.destroy();
  }, heartbeatMilliseconds).unref();
  const unlisten = sessions.onEnded(session.id, end);

  const announce = (endsAt: number, now: number): void => {
    announced = endsAt;
    send('expiring', {
      limit: endsAt === session.expiresAt ? 'absolute' : 'idle',
      expiresAt: new Date(endsAt).toISOString(),
      now: new Date(now).toISOString(),
    });
  };

  /** Looks again when a limit comes near: other requests may have moved the idle one. */
  const look = async (): Promise<void> => {
    const current = await sessions.reread(session);
    if (hasStopped) return;
    if (current === undefined) return end('expired');
    const { idleExpiresAt } = current;
    const now = options.clock();
    if (idleExpiresAt <= now) return end('expired');
    const lead = Math.min(warning, options.sessionIdleTimeout * 500);
    if (idleExpiresAt - now > lead) return wait(idleExpiresAt - lead - now);
    if (idleExpiresAt !== announced) announce(idleExpiresAt, now);
    wait(idleExpiresAt - now);
  };
  const wait = (milliseconds: number): void => {
    const whole = milliseconds < shortTimer ? milliseconds : Math.floor(milliseconds / 1000) * 1000;
    const delay = Math.min(Math.max(whole, 50), longestTimer);
    expiry = setTimeout(() => {
      look().catch((error: unknown) => {
        logEvent(reply.log, 'stream_failed', { err: error });
        raw.destroy();
      });
    }, delay).unref();
  };
  wait(session.idleExpiresAt - options.clock() - Math.min(warning, options.sessionIdleTimeout * 500));
  return stop;
};

/** `GET /api/me/events`: server-sent events about this session. @see HTML Standard section 9.2 */
export const addMeEventsRoute = (scope: FastifyInstance, bff: Bff): void => {
  const open = new Map<string, number>();
  const streams = new Set<FastifyReply>();
  scope.addHook('preClose', async () => {
    for (const reply of streams) reply.raw.end('retry: 1000\n\n');
  });
  addRoute(scope, paths.meEvents, {
    GET: async (request, reply) => {
      const session = await requireSession(bff.sessions, request, { slide: false });
      // Who left in the meantime is not told of again, and would hold a place for ever.
      if (reply.raw.destroyed) return reply.hijack();
      const count = open.get(session.id) ?? 0;
      if (count >= mostStreams)
        throw new Problem('rate_limited', 'Too many event streams of one session', { retryAfter: 30 });
      open.set(session.id, count + 1);
      reply.headers({
        'content-type': 'text/event-stream; charset=utf-8',
        'cache-control': 'no-store',
        'x-accel-buffering': 'no',
      });
      reply.hijack();
      const { answers } = bff.headers;
      answers.begin(reply, 200, answers.of(reply).given);
      reply.raw.write('retry: 3000\n\n');
      streams.add(reply);
      bff.options.observe?.({ kind: 'stream', of: 'events', change: 1 });
      const stop = tell(bff, session, reply);
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
