import { type Server, STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import type { FastifyHttpOptions } from 'fastify';
import { createCors } from '../browser-security/cors.ts';
import { createSecurityHeaders } from '../browser-security/response-headers.ts';
import { createRequestId } from '../logging/request-id.ts';
import type { ResolvedOptions } from '../options.ts';
import { pageLookOf } from '../pages/page.ts';
import { printProblem, replyProblem } from '../pages/problem-reply.ts';
import { Problem } from '../problems.ts';
import { hasBegunAnswer } from './answers-in-flight.ts';

/** An error of the parser, or of the time limits. */
type ClientError = Error & { readonly code?: string };

/** Answers for what is refused before a route, hook or log line has seen it. */
export interface EarlyRefusals {
  /** For the server's `clientError` event: what is not HTTP, is too large or comes too slowly. */
  readonly answerClientError: (error: ClientError, socket: Socket) => void;
  /** For Fastify's `frameworkErrors`: a path that cannot be decoded. */
  readonly answerFrameworkError: NonNullable<FastifyHttpOptions<Server>['frameworkErrors']>;
}

const policy = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

const printPagePolicy = (styleHash: string): string =>
  `${policy}; style-src '${styleHash}'; img-src 'self' data:`;

const problemOf = (code: string): Problem => {
  if (code === 'HPE_HEADER_OVERFLOW')
    return new Problem('bad_request', 'The headers are too large', {
      status: 431,
      detail: 'Send smaller headers.',
    });
  if (code === 'ERR_HTTP_REQUEST_TIMEOUT')
    return new Problem('bad_request', 'The request came too slowly', {
      status: 408,
      detail: 'Send the request faster.',
    });
  if (code === 'HPE_CHUNK_EXTENSIONS_OVERFLOW')
    return new Problem('payload_too_large', 'The chunk extensions are too large');
  return new Problem('bad_request', 'The request is not HTTP');
};

/** Makes the answers; `isSecure` when the public URL is https. @see RFC 9112 section 2.2 */
export const createEarlyRefusals = (
  settings: Pick<ResolvedOptions, 'isSecure' | 'allowedOrigins'>,
): EarlyRefusals => {
  const cors = createCors(settings);
  const ownHeaders = {
    ...createSecurityHeaders(settings),
    'content-security-policy': policy,
    'cache-control': 'no-store',
  };
  return {
    answerClientError: ({ code = '' }, socket) => {
      if (code === 'ECONNRESET' || !socket.writable || hasBegunAnswer(socket)) {
        socket.destroy();
        return;
      }
      const requestId = createRequestId();
      const problem = problemOf(code);
      const body = printProblem(problem, requestId);
      const headers = {
        ...ownHeaders,
        'x-request-id': requestId,
        connection: 'close',
        'content-type': 'application/problem+json; charset=utf-8',
        'content-length': Buffer.byteLength(body),
      };
      const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}`);
      const statusLine = `${problem.status} ${STATUS_CODES[problem.status]}`;
      socket.end(`HTTP/1.1 ${statusLine}\r\n${lines.join('\r\n')}\r\n\r\n${body}`);
    },
    answerFrameworkError: (error, request, reply) => {
      const pagePolicy = printPagePolicy(pageLookOf(request).style.hash);
      reply.headers({ ...ownHeaders, 'content-security-policy': pagePolicy, 'x-request-id': request.id });
      if (!cors.answer(request, reply)) replyProblem(error, request, reply);
    },
  };
};
