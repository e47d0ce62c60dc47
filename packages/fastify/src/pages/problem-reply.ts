import { type ProblemCode, type ProblemDetails, paths } from '@foyer/contract';
import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify';
import { wantsPage } from '../browser-security/public-origin.ts';
import { logEventAt } from '../events.ts';
import { type PrintedError, printError } from '../logging/error-print.ts';
import { isLoopbackHost } from '../options/urls.ts';
import type { ResolvedOptions } from '../options.ts';
import { Problem } from '../problems.ts';
import { whoOf } from '../session/log-subject.ts';
import { type Say, sendPage } from './page.ts';

/** The options of the BFF of this request; `undefined` where none is registered around it. */
const optionsOf = ({ server }: FastifyRequest): ResolvedOptions | undefined =>
  server.hasDecorator('foyer') ? server.foyer.options : undefined;

/** The path below which the BFF of this request lives. */
const basePathOf = (request: FastifyRequest): string => optionsOf(request)?.basePath ?? '';

const listCauses = (cause: PrintedError | undefined): readonly string[] =>
  cause === undefined ? [] : [cause.message, ...listCauses(cause.cause)];

/** The reason as the log has it, for the page of a developer: only with a dev server, opened on this machine. */
const developmentReasons = (problem: Problem, request: FastifyRequest): readonly string[] => {
  const { spa, publicUrl } = optionsOf(request) ?? {};
  const isDevelopment = spa !== undefined && 'devServer' in spa;
  if (!isDevelopment || publicUrl === undefined || !isLoopbackHost(new URL(publicUrl).hostname)) return [];
  const { cause } = problem.options;
  return [problem.message, ...(cause instanceof Error ? listCauses(printError(cause)) : [])];
};

const hasStatus = (error: unknown): error is FastifyError =>
  error instanceof Error && 'statusCode' in error && typeof error.statusCode === 'number';

/** A range that the file does not have; `Content-Range` says how long it is. @see RFC 9110 section 15.5.17 */
const toRangeProblem = (cause: FastifyError): Problem => {
  const headers: unknown = Reflect.get(cause, 'headers');
  const contentRange =
    typeof headers === 'object' && headers !== null ? Reflect.get(headers, 'Content-Range') : '';
  return new Problem('bad_request', 'The range is beyond the end of the file', {
    status: 416,
    detail: 'Ask for a range within the file.',
    contentRange: String(contentRange),
    cause,
  });
};

const codesByStatus: ReadonlyMap<number, ProblemCode> = new Map([
  [401, 'unauthenticated'],
  [403, 'forbidden'],
  [404, 'not_found'],
  [405, 'method_not_allowed'],
  [413, 'payload_too_large'],
  [429, 'rate_limited'],
]);

/** The status of an error that a hook of the host threw, by Fastify's rule: the error's own, else the reply's. */
const readStatus = (error: unknown, { statusCode }: FastifyReply): number => {
  const own = hasStatus(error) ? (error.statusCode ?? 0) : 0;
  return [own, statusCode].find((status) => status >= 400 && status < 600) ?? 500;
};

/** Makes a problem of any error. One that is not ours keeps its status; without one it is an internal error. */
const toProblem = (error: unknown, reply: FastifyReply): Problem => {
  if (error instanceof Problem) return error;
  const status = readStatus(error, reply);
  if (status === 416 && hasStatus(error)) return toRangeProblem(error);
  const code = codesByStatus.get(status) ?? (status < 500 ? 'bad_request' : 'internal_error');
  const message = status < 500 ? 'The request was refused before it reached a route' : 'Unexpected error';
  return new Problem(code, message, { status, cause: error });
};

/** The problem as JSON. @see RFC 9457 section 3 */
export const printProblem = (
  { code, title, status, detail, options }: Pick<Problem, 'code' | 'title' | 'status' | 'detail' | 'options'>,
  requestId: string,
  basePath = '',
): string => {
  const details: ProblemDetails = {
    type: `urn:foyer:problem:${code}`,
    title,
    status,
    code,
    detail,
    requestId,
    ...(status === 401 ? { loginUrl: `${basePath}${options.loginUrl ?? paths.login}` } : {}),
  };
  return JSON.stringify(details);
};

/** Where "Try again" leads; empty means the requested address, its query included. */
const tryAgainAt = ({ code, options }: Problem, request: FastifyRequest): string => {
  if (options.tryAgainAt !== undefined) return options.tryAgainAt;
  if (options.loginUrl !== undefined) return `${basePathOf(request)}${options.loginUrl}`;
  const login = `${basePathOf(request)}${paths.login}`;
  const isLogin =
    /^(login_|access_denied|invalid_authorization|provider_|unauthenticated|session_expired)/.test(code);
  return isLogin && request.url.split('?', 1)[0] !== login ? login : '';
};

const printList = (items: readonly string[], say: Say): string =>
  items.length === 0 ? '' : `<ul>${items.map((item) => `<li>${say(item)}</li>`).join('')}</ul>`;

const sendProblemPage = (problem: Problem, reply: FastifyReply): FastifyReply => {
  const { request } = reply;
  const { causes = [], continueAt } = problem.options;
  const reasons = continueAt === undefined ? developmentReasons(problem, request) : [];
  const advice = continueAt === undefined ? problem.detail : 'Looking whether you are signed in.';
  return sendPage(reply, {
    title: continueAt === undefined ? problem.title : 'One moment',
    body: (say) => {
      const reason = reasons.length === 0 ? '' : `<p>${say('The reason, shown in development only:')}</p>`;
      return `<p>${say(advice)}</p>${printList(causes, say)}${reason}${printList(reasons, say)}<nav><a class="first" href="${tryAgainAt(problem, request)}">${say('Try again')}</a><a href="${basePathOf(request)}/">${say('Home')}</a></nav>`;
    },
    requestId: request.id,
    ...(continueAt !== undefined && { continueAt }),
  });
};

const logProblem = (request: FastifyRequest, problem: Problem): void => {
  const line = {
    code: problem.code,
    status: problem.status,
    reason: problem.message,
    ...whoOf(request),
    err: problem.cause,
  };
  const level = problem.status === 500 ? 'error' : problem.status >= 500 ? 'warn' : 'info';
  logEventAt(request.log, { event: 'refusal', level }, line);
};

/** A program that asks for an API that does not exist gets JSON whatever it accepts: a page would look like an answer. */
const isMissingApi = (request: FastifyRequest, { code }: Problem): boolean =>
  code === 'not_found' && /^\/api(\/|\?|$)/.test(request.url.slice(basePathOf(request).length));

const addHeaders = (reply: FastifyReply, { code, retryAfter, options }: Problem): void => {
  const { contentRange, allow } = options;
  reply.header('cache-control', 'no-store');
  if (code === 'store_unavailable') reply.removeHeader('set-cookie');
  for (const name of ['content-length', 'content-encoding', 'etag']) reply.removeHeader(name);
  if (retryAfter !== undefined) reply.header('retry-after', String(retryAfter));
  if (contentRange !== undefined) reply.header('content-range', contentRange);
  if (allow !== undefined) reply.header('allow', allow.join(', '));
};

/** Answers a problem, as a page to a navigation and as JSON to everything else: the one place. */
export const replyProblem = (error: unknown, request: FastifyRequest, reply: FastifyReply): FastifyReply => {
  const problem = toProblem(error, reply);
  logProblem(request, problem);
  addHeaders(reply.code(problem.status), problem);
  return wantsPage(request) && !isMissingApi(request, problem)
    ? sendProblemPage(problem, reply)
    : reply
        .type('application/problem+json; charset=utf-8')
        .send(printProblem(problem, request.id, basePathOf(request)));
};
