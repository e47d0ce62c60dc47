import { type IncomingHttpHeaders, type Server, STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import type { FastifyHttpOptions } from 'fastify';
import { createCors } from '../browser-security/cors.ts';
import { wantsPage } from '../browser-security/public-origin.ts';
import { createSecurityHeaders } from '../browser-security/response-headers.ts';
import { createRequestId } from '../logging/request-log.ts';
import type { ResolvedOptions } from '../options.ts';
import { defaultLook, pageLookOf, printPageIn } from '../pages/page.ts';
import { printProblem, replyProblem } from '../pages/problem-reply.ts';
import { Problem } from '../problems.ts';
import { hasBegunAnswer, headersInFlight } from './answers-in-flight.ts';

/** An error of the parser, or of the time limits. */
type ClientError = Error & { readonly code?: string; readonly rawPacket?: Buffer };

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
      detail: 'Delete the cookies of this site, then try again.',
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

const names = ['accept', 'accept-language', 'sec-fetch-mode'];

/** The headers by which the answer is chosen: from the bytes received last, or of the request whose body is awaited. */
const readHeaders = ({ rawPacket }: ClientError, socket: Socket): IncomingHttpHeaders => {
  if (rawPacket === undefined) return headersInFlight(socket);
  const received = rawPacket.toString('latin1');
  return Object.fromEntries(
    names.map((name) => [name, new RegExp(`^${name}:[ \\t]*(.*)$`, 'im').exec(received)?.[1]]),
  );
};

const printRefusal = (problem: Problem, headers: IncomingHttpHeaders) => {
  const requestId = createRequestId();
  if (!wantsPage({ headers }))
    return {
      body: printProblem(problem, requestId),
      headers: { 'x-request-id': requestId, 'content-type': 'application/problem+json; charset=utf-8' },
    };
  return {
    body: printPageIn(defaultLook, headers, {
      title: problem.title,
      body: (say) => `<p>${say(problem.detail)}</p>`,
      requestId,
    }),
    headers: {
      'x-request-id': requestId,
      'content-type': 'text/html; charset=utf-8',
      'content-security-policy': printPagePolicy(defaultLook.style.hash),
    },
  };
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
    answerClientError: (error, socket) => {
      const { code = '' } = error;
      // A browser that opens a connection ahead would take a refusal for the answer to its first request.
      const isUnused = socket.bytesRead === 0;
      if (code === 'ECONNRESET' || isUnused || !socket.writable || hasBegunAnswer(socket)) {
        socket.destroy();
        return;
      }
      const problem = problemOf(code);
      const { body, headers: refusalHeaders } = printRefusal(problem, readHeaders(error, socket));
      const headers = {
        ...ownHeaders,
        ...refusalHeaders,
        connection: 'close',
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
