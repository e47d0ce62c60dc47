import type { ExpiringEvent, SignedOutEvent, SignedOutReason } from '@foyer/contract';
import type { FastifyReply } from 'fastify';
import type { Bff } from '../bff.ts';
import { logEvent } from '../events.ts';
import type { Session } from '../session/live-session.ts';

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

/** Writes server-sent events about one session. */
interface EventWriter {
  readonly signedOut: (reason: SignedOutReason) => void;
  readonly expiring: (session: Session, endsAt: number, now: number) => void;
}

/** Creates the writer for an answer whose head has been sent. @see HTML Standard section 9.2 */
const createEventWriter = ({ raw }: FastifyReply): EventWriter => {
  const send = (event: string, data: SignedOutEvent | ExpiringEvent): boolean =>
    raw.write(`event: ${event}\ndata: ${JSON.stringify(data)}\n\n`);
  return {
    signedOut: (reason) => {
      send('signed-out', { reason });
      raw.end();
    },
    expiring: (session, endsAt, now) => {
      send('expiring', {
        limit: endsAt === session.expiresAt ? 'absolute' : 'idle',
        expiresAt: new Date(endsAt).toISOString(),
        now: new Date(now).toISOString(),
      });
    },
  };
};

/** Warns before a limit is reached and reports the end when it is; other requests may move the idle limit meanwhile. */
const watchLimits = (
  { options, sessions }: Pick<Bff, 'options' | 'sessions'>,
  session: Session,
  on: EventWriter & { readonly failed: (error: unknown) => void },
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
    if (idleExpiresAt !== announced) on.expiring(session, idleExpiresAt, now);
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

/** Streams what happens to a session to its browser; returns the way to stop, which every timer ends with. */
export const streamSession = (bff: Bff, session: Session, reply: FastifyReply): (() => void) => {
  const { raw } = reply;
  const writer = createEventWriter(reply);
  const signedOut = (reason: SignedOutReason): void => {
    writer.signedOut(reason);
    stop();
  };
  const heartbeat = setInterval(() => {
    if (!raw.write(': still here\n\n')) raw.destroy();
  }, heartbeatMs).unref();
  const stopWatching = watchLimits(bff, session, {
    signedOut,
    expiring: writer.expiring,
    failed: (error) => {
      logEvent(reply.log, 'stream_failed', { err: error });
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
