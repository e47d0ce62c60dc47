import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import { buffer } from 'node:stream/consumers';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Pool } from 'undici';
import { logEvent } from '../events.ts';
import { Problem } from '../problems.ts';
import type { HeaderValues } from './hop-by-hop.ts';
import { createUpload, requireFittingLength, startDeadline } from './upload.ts';
import { type Repetition, startUpstreamCall } from './upstream-call.ts';

/** One request to an upstream. */
export interface Forwarding {
  readonly pool: Pool;
  readonly target: string;
  readonly headers: HeaderValues;
  readonly repetition: Repetition | undefined;
  /** How long the upstream may take to begin its answer, or to accept the next piece of an upload. */
  readonly timeoutMs: number;
  readonly maxBodyBytes: number;
  /** Cuts the event streams that are open, by a function for each. */
  readonly openStreams: Set<() => void>;
  /** Calls back when the session ends, if there is one; returns the way to stop listening. */
  readonly onSessionEnded: ((listener: () => void) => () => void) | undefined;
  /** The headers of the browser's answer. */
  readonly createAnswerHeaders: (status: number, upstream: IncomingHttpHeaders) => HeaderValues;
  /** The problem that is answered instead of what the upstream answers, if it is one. */
  readonly findChallenge: (status: number, upstream: IncomingHttpHeaders) => Problem | undefined;
  /** Takes how the upstream answered, or that it did not. */
  readonly onAnswer: ((status: number | 'failed') => void) | undefined;
}

/** An upstream may be waited for longer than a connection may be idle; returns the way to watch it again. */
const suspendIdleTimeout = ({ socket }: IncomingMessage, timeoutMs: number): (() => void) => {
  const idleMs = socket.timeout ?? 0;
  if (idleMs === 0 || idleMs > timeoutMs) return () => undefined;
  socket.setTimeout(0);
  return () => void socket.setTimeout(idleMs);
};

/** Events may be far apart: only a connection whose other end is gone without a FIN is cut. */
const keepOpen = ({ socket }: IncomingMessage): void => {
  socket.setTimeout(0);
  socket.setKeepAlive(true, 60_000);
};

const listenAfterMs = 50;

/** Everything that may end a call before the upstream does; `cut` ends it. */
const watchCall = (reply: FastifyReply, forwarding: Forwarding, cut: (reason: Error) => void) => {
  const { raw, request } = reply;
  const { timeoutMs, openStreams, onSessionEnded } = forwarding;
  const onClose = (): void => {
    if (!raw.writableFinished) cut(new Error('The connection was closed'));
  };
  const cutStream = (): void => cut(new Error('The server closes'));
  const deadline = startDeadline(timeoutMs, () =>
    cut(new Problem('upstream_timeout', 'The upstream did not begin to answer in time')),
  );
  const watchIdle = suspendIdleTimeout(request.raw, timeoutMs);
  let stopListening: (() => void) | undefined;
  // Most calls are over before a subscription in the store would be worth its round trip.
  const listening = setTimeout(() => {
    stopListening = onSessionEnded?.(() =>
      cut(new Problem('session_expired', 'The session ended while the upstream was asked')),
    );
  }, listenAfterMs);
  raw.once('close', onClose);
  return {
    deadline,
    onAnswered: (isStream: boolean): void => {
      deadline.stop();
      watchIdle();
      if (!isStream) return;
      keepOpen(request.raw);
      openStreams.add(cutStream);
    },
    close: (): void => {
      deadline.stop();
      clearTimeout(listening);
      stopListening?.();
      openStreams.delete(cutStream);
      raw.off('close', onClose);
    },
  };
};

/**
 * Sends the answer's head. The head and the body go by the response itself, past `reply.send`: a head must go out before
 * there is a body (events), Fastify would add a content type where the upstream sent none, and an answer that breaks off
 * must end the connection.
 */
const beginAnswer = (
  { method }: FastifyRequest,
  reply: FastifyReply,
  { status, headers }: { readonly status: number; readonly headers: HeaderValues },
): void => {
  const { raw } = reply;
  raw.writeHead(status, headers);
  reply.hijack();
  const hasBody = method !== 'HEAD' && status !== 204 && status !== 304;
  // Not `flushHeaders`: that prints the head in UTF-8, and bytes beyond ASCII would not pass unchanged.
  if (hasBody && headers['content-length'] === undefined) raw.write(Buffer.alloc(0));
};

/** What is answered, or only logged, when a call fails. */
const settleFailure = (request: FastifyRequest, reply: FastifyReply, cause: unknown): void => {
  if (reply.sent) {
    logEvent(request.log, 'cut', { err: cause });
    return;
  }
  if (reply.raw.destroyed) {
    reply.hijack();
    logEvent(request.log, 'client_gone', {});
    return;
  }
  if (!request.raw.complete) reply.header('connection', 'close');
  throw cause instanceof Problem
    ? cause
    : new Problem('upstream_unavailable', 'The upstream cannot be reached', { cause });
};

/**
 * Sends the request on and the answer back, both as they come, with back-pressure. An answer that breaks off cuts the
 * browser's connection.
 *
 * @throws Problem `upstream_timeout`, `upstream_unavailable`, `payload_too_large`, what `findChallenge` found, or
 * `session_expired` when the session ends, as long as nothing was answered.
 */
export const forward = async (
  request: FastifyRequest,
  reply: FastifyReply,
  forwarding: Forwarding,
): Promise<void> => {
  const { pool, target: path, headers, repetition, maxBodyBytes, onAnswer } = forwarding;
  let cutBy: Error | undefined;
  let cut = (reason: Error): void => {
    cutBy ??= reason;
  };
  const watch = watchCall(reply, forwarding, (reason) => cut(reason));
  const { deadline } = watch;
  try {
    requireFittingLength(request.raw, maxBodyBytes);
    const onTooLarge = (problem: Problem): void => cut(problem);
    const upload = createUpload(request.raw, { maxBodyBytes, deadline, onTooLarge });
    const body = upload !== null && repetition?.keepsBody ? await buffer(upload) : upload;
    if (cutBy !== undefined) throw cutBy;
    const call = startUpstreamCall({
      ...{ pool, headers, repetition, deadline, answer: reply.raw },
      sent: { path, method: request.method, body },
      begin: ({ status, upstream }) => {
        const challenge = forwarding.findChallenge(status, upstream);
        if (challenge !== undefined) {
          cut(challenge);
          return;
        }
        beginAnswer(request, reply, { status, headers: forwarding.createAnswerHeaders(status, upstream) });
        watch.onAnswered(String(upstream['content-type'] ?? '').startsWith('text/event-stream'));
        onAnswer?.(status);
      },
    });
    cut = call.cut;
    await call.ended;
  } catch (error) {
    if (!reply.sent) onAnswer?.('failed');
    settleFailure(request, reply, error);
  } finally {
    watch.close();
  }
};
