import { type IncomingHttpHeaders, type Server, STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import type { FastifyHttpOptions } from 'fastify';
import { createCors } from '../browser-security/cors.ts';
import { wantsPage } from '../browser-security/public-origin.ts';
import { createSecurityHeaders } from '../browser-security/response-headers.ts';
import { createRequestId } from '../logging/request-id.ts';
import type { ResolvedOptions } from '../options.ts';
import { defaultLook, pageLookOf, printPageIn, type Say } from '../pages/page.ts';
import { printProblem, replyProblem } from '../pages/problem-reply.ts';
import { Problem } from '../problems.ts';
import { hasBegunAnswer, headersInFlight } from './answers-in-flight.ts';

/** An error of the parser, or of the time limits. */
type ClientError = Error & { readonly code?: string; readonly rawPacket?: Buffer };

/** The answers for what is refused before a route, hook or log line has seen it. */
export interface EarlyRefusals {
  /** Fastify's option, for a path that cannot be decoded. */
  readonly frameworkErrors: NonNullable<FastifyHttpOptions<Server>['frameworkErrors']>;
  /** For the server's `clientError` event: what is not HTTP, is too large or comes too slowly. */
  readonly answerClientError: (error: ClientError, socket: Socket) => void;
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

/** The answer to a request with these headers, as a page or as JSON. */
const printRefusal = (problem: Problem, requestId: string, asked: IncomingHttpHeaders) => {
  if (!wantsPage({ headers: asked }))
    return { type: 'application/problem+json', policy, body: printProblem(problem, requestId) };
  const { title, detail } = problem;
  const page = { title, body: (say: Say) => `<p>${say(detail)}</p>`, requestId };
  const pagePolicy = printPagePolicy(defaultLook.style.hash);
  return { type: 'text/html', policy: pagePolicy, body: printPageIn(defaultLook, asked, page) };
};

/** Makes them; `isSecure` when the public URL is https. @see RFC 9112 section 2.2 */
export const createEarlyRefusals = (
  settings: Pick<ResolvedOptions, 'isSecure' | 'allowedOrigins'>,
): EarlyRefusals => {
  const cors = createCors(settings);
  const security = { ...createSecurityHeaders(settings), 'cache-control': 'no-store' };
  return {
    frameworkErrors: (error, request, reply) => {
      const pagePolicy = printPagePolicy(pageLookOf(request).style.hash);
      reply.headers({ ...security, 'content-security-policy': pagePolicy, 'x-request-id': request.id });
      if (!cors.answer(request, reply)) replyProblem(error, request, reply);
    },
    answerClientError: (error, socket) => {
      const { code = '' } = error;
      // A browser that opens a connection ahead would take a refusal for the answer to its first request.
      const isUnused = socket.bytesRead === 0;
      if (code === 'ECONNRESET' || isUnused || !socket.writable || hasBegunAnswer(socket)) {
        socket.destroy();
        return;
      }
      const problem = problemOf(code);
      const requestId = createRequestId();
      const { type, policy, body } = printRefusal(problem, requestId, readHeaders(error, socket));
      const headers = {
        ...security,
        'content-security-policy': policy,
        'x-request-id': requestId,
        'content-type': `${type}; charset=utf-8`,
        'content-length': Buffer.byteLength(body),
        connection: 'close',
      };
      const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}`);
      const status = `${problem.status} ${STATUS_CODES[problem.status]}`;
      socket.end(`HTTP/1.1 ${status}\r\n${lines.join('\r\n')}\r\n\r\n${body}`);
    },
  };
};
