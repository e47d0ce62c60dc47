import { randomBytes } from 'node:crypto';
import type { IncomingMessage, Server } from 'node:http';
import type { Socket } from 'node:net';
import { type FastifyBaseLogger, type FastifyHttpOptions, type FastifyRequest, LogController } from 'fastify';
import { printProblem, replyProblem } from '../problem-reply.ts';
import { Problem } from '../problems.ts';
import { printError } from './error-print.ts';

/** What the surrounding server needs to be told. */
export interface ServerSettings {
  /** pino's level: `trace` to `fatal`, or `silent`. */
  readonly logLevel: string;
  /** CIDRs whose `X-Forwarded-For` is believed, for client addresses only. */
  readonly trustProxy: readonly string[];
  /** Where log lines go. Default: standard output. */
  readonly logStream?: { readonly write: (line: string) => void };
}

const wellFormedId = /^[A-Za-z0-9_-]{8,64}$/;

const createRequestId = (request: { readonly headers: IncomingMessage['headers'] }): string => {
  const brought = request.headers['x-request-id'];
  return typeof brought === 'string' && wellFormedId.test(brought)
    ? brought
    : randomBytes(12).toString('base64url');
};

const pathOf = (url: string): string => url.split('?', 1)[0] ?? '';

const problemOf = (code: string | undefined): Problem => {
  if (code === 'HPE_HEADER_OVERFLOW')
    return new Problem('bad_request', 'The headers are too large', { detail: 'Send smaller headers.' });
  return new Problem('bad_request', 'The request is not HTTP, or came too slowly');
};

const statusLines: Readonly<Record<string, string>> = {
  HPE_HEADER_OVERFLOW: '431 Request Header Fields Too Large',
  ERR_HTTP_REQUEST_TIMEOUT: '408 Request Timeout',
};

/** Answers what never became a request: no route, hook or log line has seen it. @see RFC 9112 section 2.2 */
const answerClientError = (error: Error & { readonly code?: string }, socket: Socket): void => {
  if (error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy();
    return;
  }
  const statusLine = statusLines[error.code ?? ''] ?? '400 Bad Request';
  const requestId = randomBytes(12).toString('base64url');
  const body = printProblem(problemOf(error.code), requestId).replace(
    '"status":400',
    `"status":${statusLine.slice(0, 3)}`,
  );
  const headers = [
    `HTTP/1.1 ${statusLine}`,
    'Connection: close',
    'Content-Type: application/problem+json; charset=utf-8',
    `Content-Length: ${Buffer.byteLength(body)}`,
    'Cache-Control: no-store',
    `X-Request-Id: ${requestId}`,
    'X-Content-Type-Options: nosniff',
    'Referrer-Policy: no-referrer',
    "Content-Security-Policy: default-src 'none'; frame-ancestors 'none'",
    'Cross-Origin-Opener-Policy: same-origin',
    'Cross-Origin-Resource-Policy: same-origin',
    'Permissions-Policy: geolocation=()',
  ];
  socket.end(`${headers.join('\r\n')}\r\n\r\n${body}`);
};

/**
 * Options for `Fastify()` that the BFF is meant to run with: request ids, one log line a request without
 * its query, bounded headers, bodies and waiting times, and our own answers to what is not a request.
 */
export const createServerOptions = ({
  logLevel,
  trustProxy,
  logStream,
}: ServerSettings): FastifyHttpOptions<Server> => ({
  logger: {
    level: logLevel,
    base: null,
    ...(logStream ? { stream: logStream } : {}),
    serializers: {
      req: (request: FastifyRequest) => ({ method: request.method, path: pathOf(request.url) }),
      err: (error) => ({ ...printError(error) }),
    },
  },
  logController: new LogController({ disableRequestLogging: true, requestIdLogLabel: 'requestId' }),
  genReqId: createRequestId,
  requestIdHeader: false,
  trustProxy: trustProxy.length === 0 ? false : [...trustProxy],
  bodyLimit: 64 * 1024,
  connectionTimeout: 120_000,
  requestTimeout: 300_000,
  keepAliveTimeout: 72_000,
  http: { maxHeaderSize: 32 * 1024, headersTimeout: 20_000 },
  frameworkErrors: (error, request, reply) => {
    replyProblem(error, request, reply);
  },
  clientErrorHandler: answerClientError as (error: Error, socket: Socket) => void,
});

/** One line a finished request: id, route, status, duration. */
export const logRequest = (
  log: FastifyBaseLogger,
  request: FastifyRequest,
  status: number,
  milliseconds: number,
): void => {
  const route = request.routeOptions.url ?? pathOf(request.url);
  log.info(
    { method: request.method, route, status, duration: Math.round(milliseconds * 100) / 100 },
    'request',
  );
};
