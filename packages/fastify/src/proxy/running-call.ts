import type { FastifyReply } from 'fastify';
import type { Dispatcher } from 'undici';
import { type Observe, secondsSince } from '../logging/observation.ts';
import { Problem } from '../problems.ts';
import type { AnswerHead } from './answer-headers.ts';
import type { HeaderValues } from './hop-by-hop.ts';
import type { PreparedCall, PreparedCalls } from './prepared-call.ts';
import type { UpstreamPools } from './upstream-pools.ts';

/** What all calls are passed on with. */
export interface ForwardContext {
  readonly calls: PreparedCalls;
  readonly pools: UpstreamPools;
  readonly maxBodyBytes: number;
  /** The event streams that are open. */
  readonly openStreams: Set<RunningCall>;
  /** The headers of the browser's answer. */
  readonly createAnswerHeaders: (reply: FastifyReply, call: PreparedCall, head: AnswerHead) => HeaderValues;
  readonly observe: Observe | undefined;
}

/** A call under way. */
export interface RunningCall {
  readonly context: ForwardContext;
  readonly call: PreparedCall;
  readonly reply: FastifyReply;
  readonly startedAt: number;
  readonly timeoutMs: number;
  /** Settles with the end of the answer, an error, or what cut the call, whichever comes first. */
  ended: PromiseWithResolvers<void> | undefined;
  cutBy: Error | undefined;
  controller: Dispatcher.DispatchController | undefined;
  body: NonNullable<Dispatcher.DispatchOptions['body']> | null;
  /** An answer that asks for another call is held back until it is known whether there can be one; it may end meanwhile. */
  answer: 'first' | 'held' | 'last';
  answerEnd: Error | 'whole' | undefined;
  /** When the upstream must have begun its answer, or taken the next piece of an upload. */
  dueAt: number;
  hasDeadline: boolean;
  timer: NodeJS.Timeout | undefined;
  stopListening: (() => void) | undefined;
  /** Of a connection that may wait for the upstream longer than it may be idle. */
  idleTimeoutMs: number;
}

/** Most calls are over before a subscription in the store would be worth its round trip. */
const listenAfterMs = 50;

/** Ends the wait for a call with an error. An answer that has begun ends the browser's connection. */
export const failCall = ({ reply: { raw }, ended }: RunningCall, error: Error): void => {
  if (raw.headersSent) raw.destroy();
  ended?.reject(error);
};

/** Ends a call, at the upstream too. */
export const cutCall = (running: RunningCall, reason: Error): void => {
  running.cutBy ??= reason;
  failCall(running, running.cutBy);
  running.controller?.abort(running.cutBy);
};

/** One timer, for the end of the session and for the deadline, which may have moved. */
const onTimer = (running: RunningCall): void => {
  const { context, call } = running;
  running.timer = undefined;
  running.stopListening ??= context.calls.onSessionEnded(call, () =>
    cutCall(running, new Problem('session_expired', 'The session ended while the upstream was asked')),
  );
  const leftMs = running.hasDeadline ? running.dueAt - performance.now() : Number.POSITIVE_INFINITY;
  if (leftMs <= 0)
    cutCall(running, new Problem('upstream_timeout', 'The upstream did not begin to answer in time'));
  else if (leftMs < Number.POSITIVE_INFINITY) running.timer = setTimeout(onTimer, leftMs, running);
};

/** Lets the time limit stand still: it is the browser's turn, or ours. */
export const pauseDeadline = (running: RunningCall): void => {
  running.dueAt = Number.POSITIVE_INFINITY;
};

/** Grants the upstream the whole time again. */
export const restartDeadline = (running: RunningCall): void => {
  if (!running.hasDeadline) return;
  running.dueAt = performance.now() + running.timeoutMs;
  running.timer ??= setTimeout(onTimer, running.timeoutMs, running);
};

/** Reports how the upstream answered, or that it did not. */
export const reportCall = ({ call, context, startedAt }: RunningCall, status: number | 'failed'): void => {
  const { prefix } = call.match.route;
  context.observe?.({ kind: 'upstream_call', prefix, status, seconds: secondsSince(startedAt) });
};

/** A connection that may wait longer than it may be idle waits without its idle limit until the answer begins. */
const suspendIdleLimit = (running: RunningCall): void => {
  const { socket } = running.call.request.raw;
  if (socket.timeout === undefined || socket.timeout > running.timeoutMs) return;
  running.idleTimeoutMs = socket.timeout;
  socket.setTimeout(0);
};

/** Watches over a call from now on: its deadline, the end of its session, and the browser's connection. */
export const startCall = (context: ForwardContext, call: PreparedCall, reply: FastifyReply): RunningCall => {
  const startedAt = performance.now();
  const timeoutMs = context.calls.timeoutMsOf(call);
  const running: RunningCall = {
    context,
    call,
    reply,
    startedAt,
    timeoutMs,
    ended: undefined,
    cutBy: undefined,
    controller: undefined,
    body: null,
    answer: 'first',
    answerEnd: undefined,
    dueAt: startedAt + timeoutMs,
    hasDeadline: true,
    timer: undefined,
    stopListening: undefined,
    idleTimeoutMs: 0,
  };
  running.timer = setTimeout(onTimer, Math.min(listenAfterMs, timeoutMs), running);
  reply.raw.on('close', () => {
    if (!reply.raw.writableFinished) cutCall(running, new Error('The connection was closed'));
  });
  suspendIdleLimit(running);
  return running;
};

/** Stops watching over a call. */
export const closeCall = (running: RunningCall): void => {
  running.hasDeadline = false;
  clearTimeout(running.timer);
  running.stopListening?.();
  running.context.openStreams.delete(running);
};
