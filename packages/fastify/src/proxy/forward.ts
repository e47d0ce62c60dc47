import type { IncomingMessage } from 'node:http';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Dispatcher, Pool } from 'undici';
import { Problem } from '../problems.ts';
import { createAnswerHeaders } from './forward-headers.ts';

/** One request to an upstream. */
export interface Forwarding {
  readonly pool: Pool;
  readonly target: string;
  readonly headers: Record<string, string | string[]>;
  /** Seconds that the upstream may leave us waiting for its answer, or for it to take the next piece of an upload. */
  readonly timeout: number;
  /** Bytes. */
  readonly maxBody: number;
  /** Aborts with the problem to answer, also half way through an answer. */
  readonly stop: AbortController;
  /** Tells where an upstream's `Location` is for the browser, if anywhere. */
  readonly translate: (location: string) => string | undefined;
  /** Answers without an end of their own, to be stopped at a shutdown. */
  readonly streams: Set<AbortController>;
  /** Told how the upstream answered, or that it did not. */
  readonly onAnswer: (status: number | 'failed') => void;
}

const tooLarge = (): Problem => new Problem('payload_too_large', 'The body is larger than API_MAX_BODY');

/** The upstream's time runs while it has a piece to take or an answer to give, not while the browser is slow. */
interface Patience {
  readonly start: () => void;
  readonly stop: () => void;
}

async function* readUpload(
  raw: IncomingMessage,
  { maxBody, stop }: Forwarding,
  patience: Patience,
): AsyncGenerator<Buffer> {
  let size = 0;
  patience.stop();
  for await (const piece of raw.iterator({ destroyOnReturn: false })) {
    size += piece.length;
    if (size > maxBody) {
      stop.abort(tooLarge());
      return;
    }
    patience.start();
    yield piece;
    patience.stop();
  }
  patience.start();
}

const hasBody = ({ headers }: IncomingMessage): boolean =>
  headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0;

const createPatience = ({ timeout, stop }: Forwarding): Patience => {
  let timer: NodeJS.Timeout | undefined;
  return {
    start: () => {
      clearTimeout(timer);
      timer = setTimeout(() => {
        stop.abort(new Problem('upstream_timeout', 'The upstream did not begin to answer in time'));
      }, timeout * 1000);
    },
    stop: () => clearTimeout(timer),
  };
};

const ask = async (raw: IncomingMessage, forwarding: Forwarding): Promise<Dispatcher.ResponseData> => {
  const { pool, target, headers, stop } = forwarding;
  const patience = createPatience(forwarding);
  patience.start();
  try {
    return await pool.request({
      path: target,
      method: raw.method ?? 'GET',
      headers,
      body: hasBody(raw) ? Readable.from(readUpload(raw, forwarding, patience), { objectMode: false }) : null,
      signal: stop.signal,
      headersTimeout: 0,
      bodyTimeout: 0,
    });
  } catch (error) {
    if (stop.signal.reason instanceof Problem) throw stop.signal.reason;
    throw new Problem('upstream_unavailable', 'The upstream cannot be reached', { cause: error });
  } finally {
    patience.stop();
  }
};

const isEventStream = ({ headers }: Dispatcher.ResponseData): boolean =>
  String(headers['content-type'] ?? '').startsWith('text/event-stream');

/**
 * Sends the request on and the answer back, both as streams. An answer cut half way cuts the browser's connection.
 *
 * @throws Problem `payload_too_large`, `upstream_timeout`, `upstream_unavailable`, or what `stop` was aborted with.
 */
export const forward = async (
  request: FastifyRequest,
  reply: FastifyReply,
  forwarding: Forwarding,
): Promise<void> => {
  const { maxBody, stop, translate, streams, onAnswer } = forwarding;
  if (Number(request.headers['content-length'] ?? 0) > maxBody) {
    reply.header('connection', 'close');
    throw tooLarge();
  }
  reply.raw.once('close', () => stop.abort());
  let answer: Dispatcher.ResponseData;
  try {
    answer = await ask(request.raw, forwarding);
    onAnswer(answer.statusCode);
  } catch (error) {
    onAnswer('failed');
    if (reply.raw.destroyed) {
      reply.hijack();
      request.log.info({ event: 'client_gone' }, 'the browser went away before the upstream answered');
      return;
    }
    if (!request.raw.complete) reply.header('connection', 'close');
    throw error;
  }
  reply.hijack();
  reply.raw.writeHead(answer.statusCode, createAnswerHeaders(answer.headers, reply.getHeaders(), translate));
  reply.raw.flushHeaders();
  if (isEventStream(answer)) streams.add(stop);
  await pipeline(answer.body, reply.raw)
    .catch((error: unknown) => {
      request.log.info({ event: 'cut', err: error }, 'an answer ended half way');
    })
    .finally(() => streams.delete(stop));
};
