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
  /** Seconds until the upstream must have begun to answer; every piece of an upload starts them anew. */
  readonly timeout: number;
  /** Bytes. */
  readonly maxBody: number;
  /** Aborts with the problem to answer, also half way through an answer. */
  readonly stop: AbortController;
}

const tooLarge = (): Problem => new Problem('payload_too_large', 'The body is larger than API_MAX_BODY');

async function* readUpload(
  raw: IncomingMessage,
  { maxBody, stop }: Forwarding,
  onPiece: () => void,
): AsyncGenerator<Buffer> {
  let size = 0;
  for await (const piece of raw.iterator({ destroyOnReturn: false })) {
    size += piece.length;
    if (size > maxBody) {
      stop.abort(tooLarge());
      return;
    }
    onPiece();
    yield piece;
  }
}

const hasBody = ({ headers }: IncomingMessage): boolean =>
  headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0;

const ask = async (raw: IncomingMessage, forwarding: Forwarding): Promise<Dispatcher.ResponseData> => {
  const { pool, target, headers, timeout, stop } = forwarding;
  const timer = setTimeout(() => {
    stop.abort(new Problem('upstream_timeout', 'The upstream did not begin to answer in time'));
  }, timeout * 1000);
  try {
    return await pool.request({
      path: target,
      method: raw.method ?? 'GET',
      headers,
      body: hasBody(raw)
        ? Readable.from(
            readUpload(raw, forwarding, () => timer.refresh()),
            { objectMode: false },
          )
        : null,
      signal: stop.signal,
      headersTimeout: 0,
      bodyTimeout: 0,
    });
  } catch (error) {
    if (stop.signal.reason instanceof Problem) throw stop.signal.reason;
    throw new Problem('upstream_unavailable', 'The upstream cannot be reached', { cause: error });
  } finally {
    clearTimeout(timer);
  }
};

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
  const { maxBody, stop } = forwarding;
  if (Number(request.headers['content-length'] ?? 0) > maxBody) {
    reply.header('connection', 'close');
    throw tooLarge();
  }
  reply.raw.once('close', () => stop.abort());
  const answer = await ask(request.raw, forwarding).catch((error: unknown) => {
    if (!request.raw.complete) reply.header('connection', 'close');
    throw error;
  });
  reply.hijack();
  reply.raw.writeHead(answer.statusCode, createAnswerHeaders(answer.headers, reply.getHeaders()));
  reply.raw.flushHeaders();
  await pipeline(answer.body, reply.raw).catch((error: unknown) => {
    request.log.info({ event: 'cut', err: error }, 'an answer ended half way');
  });
};
