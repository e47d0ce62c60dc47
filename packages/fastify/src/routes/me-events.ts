import { type ExpiringEvent, paths, type SignedOutEvent, type SignedOutReason } from '@foyer/contract';
import type { FastifyInstance, FastifyReply } from 'fastify';
import type { Bff } from '../bff.ts';
import { logEvent } from '../events.ts';
import { Problem } from '../problems.ts';
import type { Session } from '../session/session-record.ts';
import { addRoute } from './add-route.ts';

const heartbeatMs = 15_000;
/** How long before a limit the browser is warned. */
const warningMs = 60_000;
/** Timers of equal length share a list, which weighs more than they do: longer ones are of whole seconds. */
const exactTimerMs = 10_000;
/** A timer counts at most this many milliseconds. */
const longestTimerMs = 2 ** 31 - 1;
const retryAfterFailureMs = 50;

const delayOf = (waitMs: number): number => {
  const wholeMs = waitMs < exactTimerMs ? waitMs : Math.floor(waitMs / 1000) * 1000;
  return Math.min(Math.max(wholeMs, retryAfterFailureMs), longestTimerMs);
};

/** What a browser learns of its session while it listens. */
interface SessionListener {
  readonly signedOut: (reason: SignedOutReason) => void;
  /** Times are milliseconds since the epoch. */
  readonly expiring: (endsAt: number, now: number) => void;
  readonly failed: (error: unknown) => void;
}

/** Warns before a limit is reached and reports the end when it is; other requests may move the idle limit meanwhile. */
const watchLimits = (
  { options, sessions }: Pick<Bff, 'options' | 'sessions'>,
  session: Session,
  on: SessionListener,
): (() => void) => {
  const leadMs = Math.min(warningMs, options.sessionIdleTimeout * 500);
  let timer: NodeJS.Timeout | undefined;
  let announced: number | undefined;
  let hasStopped = false;

  const look = async (): Promise<void> => {
    const current = await sessions.reread(session);
    if (hasStopped) return;
    const now = options.clock();
    if (current === undefined || current.idleExpiresAt <= now) return on.signedOut('expired');
    const { idleExpiresAt } = current;
    if (idleExpiresAt - now > leadMs) return waitFor(idleExpiresAt - leadMs - now);
    if (idleExpiresAt !== announced) on.expiring(idleExpiresAt, now);
    announced = idleExpiresAt;
    waitFor(idleExpiresAt - now);
  };
  const waitFor = (waitMs: number): void => {
    timer = setTimeout(() => void look().catch(on.failed), delayOf(waitMs)).unref();
  };
  waitFor(session.idleExpiresAt - options.clock() - leadMs);
  return () => {
    hasStopped = true;
    clearTimeout(timer);
  };
};

/** Streams what happens to a session to its browser, once the head of the answer is sent; returns the way to stop. */
const streamSession = (bff: Bff, session: Session, { raw, log }: FastifyReply): (() => void) => {
  const send = (event: string, data: SignedOutEvent | ExpiringEvent): boolean =>
    raw.write(`event: ${event}\ndata: ${JSON.stringify(data)}\n\n`);
  const signedOut = (reason: SignedOutReason): void => {
    send('signed-out', { reason });
    raw.end();
    stop();
  };
  const heartbeat = setInterval(() => {
    if (!raw.write(': still here\n\n')) raw.destroy();
  }, heartbeatMs).unref();
  const stopWatching = watchLimits(bff, session, {
    signedOut,
    expiring: (endsAt, now) => {
      send('expiring', {
        limit: endsAt === session.expiresAt ? 'absolute' : 'idle',
        expiresAt: new Date(endsAt).toISOString(),
        now: new Date(now).toISOString(),
      });
    },
    failed: (error) => {
      logEvent(log, 'stream_failed', { err: error });
      raw.destroy();
    },
  });
  const unlisten = bff.sessions.onEnded(session.id, signedOut);
  const stop = (): void => {
    clearInterval(heartbeat);
    stopWatching();
    unlisten();
  };
  return stop;
};

/** Browsers have six HTTP/1.1 connections to an origin: tabs that cannot share one stream must leave some free. */
const maxStreamsPerSession = 4;

/** `GET /api/me/events`: server-sent events about this session. @see HTML Standard section 9.2 */
export const addMeEventsRoute = (scope: FastifyInstance, bff: Bff): void => {
  /** The streams of each session that has any. */
  const open = new Map<string, Set<FastifyReply>>();
  scope.addHook('preClose', async () => {
    for (const streams of open.values()) for (const { raw } of streams) raw.end('retry: 1000\n\n');
  });
  addRoute(scope, paths.meEvents, {
    GET: async (request, reply) => {
      const session = await bff.sessions.require(request, { slide: false });
      // A browser that left in the meantime is not reported again, and would hold a place for ever.
      if (reply.raw.destroyed) return reply.hijack();
      const streams = open.get(session.id) ?? new Set();
      if (streams.size >= maxStreamsPerSession)
        throw new Problem('rate_limited', 'Too many event streams of one session', { retryAfter: 30 });
      open.set(session.id, streams.add(reply));
      reply.headers({
        'content-type': 'text/event-stream; charset=utf-8',
        'x-accel-buffering': 'no',
      });
      reply.headers(bff.headers.answers.of(reply)).hijack();
      for (const [name, value] of Object.entries(reply.getHeaders()))
        if (value !== undefined) reply.raw.setHeader(name, value);
      reply.raw.write('retry: 3000\n\n');
      bff.options.observe?.({ kind: 'stream', of: 'events', change: 1 });
      const stop = streamSession(bff, session, reply);
      reply.raw.once('close', () => {
        stop();
        bff.options.observe?.({ kind: 'stream', of: 'events', change: -1 });
        streams.delete(reply);
        if (streams.size === 0) open.delete(session.id);
      });
      return reply;
    },
  });
};
