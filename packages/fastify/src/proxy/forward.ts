import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Dispatcher, Pool } from 'undici';
import { logEvent } from '../events.ts';
import { Problem } from '../problems.ts';
import type { Flight, Flights } from './flights.ts';
import { giveBack } from './spent-memory.ts';
import { createUpload } from './upload.ts';

/** One request to an upstream. */
export interface Forwarding {
  readonly pool: Pool;
  readonly target: string;
  readonly headers: Record<string, string | string[]>;
  /** Seconds that the upstream may leave us waiting for its answer, or for it to take the next piece of an upload. */
  readonly timeout: number;
  /** Bytes. */
  readonly maxBody: number;
  readonly flights: Flights;
  /** Calls back when the session ends, if there is one; gives back the way to stop listening. */
  readonly onSessionEnded: ((listener: () => void) => () => void) | undefined;
  /** Begins the browser's answer, with headers made from those of the upstream's. */
  readonly begin: (status: number, upstream: IncomingHttpHeaders) => void;
  /** Told how the upstream answered, or that it did not. */
  readonly onAnswer: ((status: number | 'failed') => void) | undefined;
}

const tooLarge = (): Problem => new Problem('payload_too_large', 'The body is larger than API_MAX_BODY');

/** An upstream may be waited for longer than a connection may be idle; gives back the way to watch it again. */
const letWait = ({ socket }: IncomingMessage, patience: number): (() => void) | undefined => {
  const idle = socket.timeout ?? 0;
  if (idle === 0 || idle > patience) return undefined;
  socket.setTimeout(0);
  return () => void socket.setTimeout(idle);
};

/** Events may lie far apart: cut is only a connection whose other end is gone without a word. */
const letBeQuiet = ({ socket }: IncomingMessage): void => {
  socket.setTimeout(0);
  socket.setKeepAlive(true, 60_000);
};

/** How many bytes are still to come; `NaN` when nobody knows, or when an answer has no body whatever it says. */
const bodyLength = (method: string, status: number, headers: IncomingHttpHeaders): number =>
  method === 'HEAD' || status === 204 || status === 304
    ? Number.NaN
    : Number(headers['content-length'] ?? Number.NaN);

/** Bytes that are taken in without asking whether the browser keeps up: as many as one read brings. */
const smallRest = 64 * 1024;

/** Lets what comes in the same turn of the event loop go out in one piece: a write costs more than its bytes. */
const writeWithRest = (raw: ServerResponse, chunk: Buffer, onWritten: ReturnType<typeof giveBack>): void => {
  raw.cork();
  raw.write(chunk, onWritten);
  setImmediate(() => {
    if (!raw.writableEnded) raw.uncork();
  });
};

/**
 * Sends the request on and the answer back, both as they come. An answer cut half way cuts the browser's connection.
 * What fails before is answered with a Problem: `upstream_timeout`, `upstream_unavailable`, `payload_too_large`, or what
 * the flight was cut with. Nothing is waited for: a promise and its turns are a fortieth of a small call.
 *
 * @throws Problem `payload_too_large` when the request tells it beforehand.
 */
export const forward = async (
  request: FastifyRequest,
  reply: FastifyReply,
  forwarding: Forwarding,
): Promise<void> => {
  const { pool, target, headers, maxBody, flights, onSessionEnded, begin, onAnswer } = forwarding;
  const { raw } = reply;
  const patience = forwarding.timeout * 1000;
  if (Number(request.headers['content-length'] ?? 0) > maxBody) {
    reply.header('connection', 'close');
    throw tooLarge();
  }
  let controller: Dispatcher.DispatchController | undefined;
  let problem: Problem | undefined;
  let deadline = performance.now() + patience;
  let isAnswered = false;
  let isStream = false;
  let isOver = false;
  let left = Number.NaN;
  let stopListening: (() => void) | undefined;
  let stopWaiting: (() => void) | undefined;

  const ended = Promise.withResolvers<void>();

  const end = (): void => {
    isOver = true;
    ended.resolve();
    flights.remove(flight);
    stopListening?.();
    stopWaiting?.();
  };

  const fail = (cause: Error): void => {
    if (isOver) return;
    end();
    if (isAnswered) {
      raw.destroy();
      logEvent(request.log, 'cut', { err: problem ?? cause });
      return;
    }
    onAnswer?.('failed');
    if (raw.destroyed) {
      reply.hijack();
      logEvent(request.log, 'client_gone', {});
      return;
    }
    if (!request.raw.complete) reply.header('connection', 'close');
    reply.send(problem ?? new Problem('upstream_unavailable', 'The upstream cannot be reached', { cause }));
  };

  const flight: Flight = {
    deadline: () => deadline,
    onLate: () => flight.cut(new Problem('upstream_timeout', 'The upstream did not begin to answer in time')),
    onLong: () => {
      if (!isAnswered) stopWaiting = letWait(request.raw, patience);
      stopListening = onSessionEnded?.(() =>
        flight.cut(new Problem('session_expired', 'The session ended while the upstream was asked')),
      );
    },
    cut: (reason) => {
      if (isOver) return;
      problem = reason;
      const cause = reason ?? new Error('The connection was closed');
      fail(cause);
      controller?.abort(cause);
    },
    isStream: () => isStream,
  };

  raw.once('close', () => flight.cut(undefined));
  flights.add(flight);

  const body = createUpload(request.raw, maxBody, {
    onBrowsersTurn: () => {
      if (!isAnswered) deadline = Number.POSITIVE_INFINITY;
    },
    onUpstreamsTurn: () => {
      if (!isAnswered) deadline = performance.now() + patience;
    },
    onTooLarge: () => flight.cut(tooLarge()),
  });

  pool.dispatch(
    { path: target, method: request.method, headers, body, headersTimeout: 0, bodyTimeout: 0 },
    {
      onRequestStart: (given) => {
        controller = given;
        if (isOver) given.abort(problem ?? new Error('The request is over'));
      },
      onResponseStart: (_controller, status, answer) => {
        if (isOver || status < 200) return;
        isAnswered = true;
        deadline = Number.POSITIVE_INFINITY;
        stopWaiting?.();
        onAnswer?.(status);
        reply.hijack();
        begin(status, answer);
        left = bodyLength(request.method, status, answer);
        if (Number.isNaN(left)) raw.flushHeaders();
        isStream = String(answer['content-type'] ?? '').startsWith('text/event-stream');
        if (isStream) letBeQuiet(request.raw);
      },
      onResponseData: (given, chunk) => {
        left -= chunk.length;
        // One read may bring several pieces of an answer without a length, all in the same memory.
        const onWritten = Number.isNaN(left) ? undefined : giveBack(chunk);
        // The last piece goes out together with the end, and with the headers when it is the only one.
        if (left === 0 && chunk.length <= 4096) raw.end(chunk.toString('latin1'), 'latin1');
        else if (left === 0) raw.end(chunk, onWritten);
        else if (left <= smallRest) writeWithRest(raw, chunk, onWritten);
        else if (!raw.write(chunk, onWritten)) {
          given.pause();
          raw.once('drain', () => given.resume());
        }
      },
      onResponseEnd: () => {
        if (!raw.writableEnded) raw.end();
        end();
      },
      onResponseError: (_controller, error) => fail(error),
    },
  );
  await ended.promise;
};
