import type { FastifyReply } from 'fastify';
import type { Dispatcher } from 'undici';
import { type Observe, secondsSince } from '../logging/observation.ts';
import { Problem } from '../problems.ts';
import { sendHead } from './answer-headers.ts';
import type { AnswerHead, HeaderValues } from './hop-by-hop.ts';
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

type Controller = Dispatcher.DispatchController;

/** Most calls are over before a subscription in the store would be worth its round trip. */
const listenAfterMs = 50;

/**
 * A call under way: one object with methods, since functions and objects made for each call were an eighth of all that it
 * allocated. What undici reads of the answer comes to the methods that begin with `onRe`.
 *
 * @see docs/decisions/0014-bounds-that-are-not-met.md
 */
export class RunningCall implements Dispatcher.DispatchHandler {
  readonly context: ForwardContext;
  readonly call: PreparedCall;
  readonly reply: FastifyReply;
  /** Settles with the end of the answer, an error, or what cut the call, whichever comes first. */
  ended: PromiseWithResolvers<void> | undefined;
  cutBy: Error | undefined;
  controller: Controller | undefined;
  body: NonNullable<Dispatcher.DispatchOptions['body']> | null = null;
  /** An answer that asks for another call is held back until it is known whether there can be one; it may end meanwhile. */
  answer: 'first' | 'held' | 'last' = 'first';
  answerEnd: Error | 'whole' | undefined;
  readonly startedAt = performance.now();
  readonly timeoutMs: number;
  /** When the upstream must have begun its answer, or taken the next piece of an upload. */
  dueAt: number;
  hasDeadline = true;
  timer: NodeJS.Timeout | undefined;
  stopListening: (() => void) | undefined;
  /** Of a connection that may wait for the upstream longer than it may be idle. */
  idleTimeoutMs = 0;

  constructor(context: ForwardContext, call: PreparedCall, reply: FastifyReply) {
    this.context = context;
    this.call = call;
    this.reply = reply;
    this.timeoutMs = context.calls.timeoutMsOf(call);
    this.dueAt = this.startedAt + this.timeoutMs;
    this.timer = setTimeout(() => this.onTimer(), Math.min(listenAfterMs, this.timeoutMs));
    reply.raw.on('close', () => {
      if (!reply.raw.writableFinished) this.cut(new Error('The connection was closed'));
    });
    const { socket } = call.request.raw;
    if (socket.timeout === undefined || socket.timeout > this.timeoutMs) return;
    this.idleTimeoutMs = socket.timeout;
    socket.setTimeout(0);
  }

  run(): Promise<void> {
    this.ended = Promise.withResolvers<void>();
    this.send(this.call.headers);
    return this.ended.promise;
  }

  send(headers: HeaderValues): void {
    const { method } = this.call.request;
    const { origin, target: path } = this.call.match;
    const sent = { path, method, headers, body: this.body, headersTimeout: 0, bodyTimeout: 0 };
    this.context.pools.get(origin).dispatch(sent, this);
  }

  /** Ends the call. An answer that has begun ends the browser's connection. */
  cut(reason: Error): void {
    this.cutBy ??= reason;
    this.fail(this.cutBy);
    this.controller?.abort(this.cutBy);
  }

  fail(error: Error): void {
    const { raw } = this.reply;
    if (raw.headersSent) raw.destroy();
    this.ended?.reject(error);
  }

  close(): void {
    this.hasDeadline = false;
    clearTimeout(this.timer);
    this.stopListening?.();
    this.context.openStreams.delete(this);
  }

  pauseDeadline(): void {
    this.dueAt = Number.POSITIVE_INFINITY;
  }

  restartDeadline(): void {
    if (!this.hasDeadline) return;
    this.dueAt = performance.now() + this.timeoutMs;
    this.timer ??= setTimeout(() => this.onTimer(), this.timeoutMs);
  }

  /** One timer, for the end of the session and for the deadline, which may have moved. */
  onTimer(): void {
    this.timer = undefined;
    this.stopListening ??= this.context.calls.onSessionEnded(this.call, () =>
      this.cut(new Problem('session_expired', 'The session ended while the upstream was asked')),
    );
    const leftMs = this.hasDeadline ? this.dueAt - performance.now() : Number.POSITIVE_INFINITY;
    if (leftMs <= 0)
      this.cut(new Problem('upstream_timeout', 'The upstream did not begin to answer in time'));
    else if (leftMs < Number.POSITIVE_INFINITY) this.timer = setTimeout(() => this.onTimer(), leftMs);
  }

  onRequestStart(controller: Controller): void {
    this.controller = controller;
    if (this.cutBy !== undefined) controller.abort(this.cutBy);
  }

  onResponseStart(controller: Controller, status: number, upstream: AnswerHead['upstream']): void {
    if (status < 200) return;
    const { calls } = this.context;
    const head = { status, upstream };
    calls.learn(this.call, head);
    if (this.answer === 'first' && calls.isRefused(this.call, head))
      this.sendAgain(controller, head).catch((error: Error) => this.cut(error));
    else this.beginAnswer(head);
  }

  onResponseData(controller: Controller, chunk: Buffer): void {
    const { raw } = this.reply;
    if (raw.write(chunk)) return;
    controller.pause();
    raw.once('drain', () => controller.resume());
  }

  onResponseEnd(): void {
    this.answerEnd = 'whole';
    if (this.answer === 'held') return;
    this.reply.raw.end();
    this.ended?.resolve();
  }

  onResponseError(controller: Controller | null, error: Error): void {
    // The first answer breaks off when the second call is sent.
    if ((controller ?? undefined) !== this.controller) return;
    this.answerEnd = error;
    if (this.answer !== 'held') this.fail(error);
  }

  /** Sends the call once more where there are better headers for it; else its answer goes to the browser. */
  async sendAgain(controller: Controller, head: AnswerHead): Promise<void> {
    this.answer = 'held';
    controller.pause();
    this.pauseDeadline();
    const headers = await this.context.calls.renewHeaders(this.call, head);
    if (this.cutBy !== undefined) return;
    this.restartDeadline();
    this.answer = 'last';
    if (headers !== undefined) {
      this.controller = undefined;
      controller.abort(new Error('The access token was refused'));
      this.send(headers);
    } else if (this.answerEnd instanceof Error) this.fail(this.answerEnd);
    else {
      this.beginAnswer(head);
      if (this.answerEnd === undefined) controller.resume();
      else if (this.cutBy === undefined) this.onResponseEnd();
    }
  }

  beginAnswer(head: AnswerHead): void {
    const { context, call, reply } = this;
    const challenge = context.calls.findChallenge(call, head);
    if (challenge !== undefined) return void this.cut(challenge);
    sendHead(reply, head.status, context.createAnswerHeaders(reply, call, head));
    this.hasDeadline = false;
    const { socket } = call.request.raw;
    if (this.idleTimeoutMs > 0) socket.setTimeout(this.idleTimeoutMs);
    if (String(head.upstream['content-type'] ?? '').startsWith('text/event-stream')) {
      // Events may be far apart: only a connection whose other end is gone without a FIN is cut.
      socket.setTimeout(0).setKeepAlive(true, 60_000);
      context.openStreams.add(this);
    }
    this.report(head.status);
  }

  /** Reports how the upstream answered, or that it did not. */
  report(status: number | 'failed'): void {
    const { prefix } = this.call.match.route;
    this.context.observe?.({ kind: 'upstream_call', prefix, status, seconds: secondsSince(this.startedAt) });
  }
}
