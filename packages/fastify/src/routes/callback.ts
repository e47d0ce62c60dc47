import { paths } from '@foyer/contract';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { logEvent } from '../events.ts';
import { type Query, readQuery } from '../login/login-hints.ts';
import { type LoginTransaction, loginAddress } from '../login/login-transaction.ts';
import { printPage } from '../pages/page.ts';
import { Problem } from '../problems.ts';
import { addRoute, type Bff } from './bff.ts';

const longestParameter = 8192;

/** What an authorization response is judged by; whatever else the provider adds changes nothing. */
const usedParameters = ['code', 'state', 'iss', 'error'] as const;

/**
 * The parameters that are used, each at most once. Duplicates, control characters and oversize in them are nothing that
 * a provider sends.
 *
 * @throws Problem `invalid_authorization_response`.
 * @see RFC 6749 section 3.1
 */
const readResponse = ({ parameters }: Query): URLSearchParams => {
  const used = [...parameters].filter(([name]) => usedParameters.some((one) => one === name));
  const isOdd = used.some(([, value]) => value.length > longestParameter || /\p{Cc}/u.test(value));
  if (isOdd || new Set(used.map(([name]) => name)).size !== used.length) {
    throw new Problem(
      'invalid_authorization_response',
      'A parameter of the callback is doubled, too long or malformed',
    );
  }
  const response = new URLSearchParams(used);
  if (response.has('code') && response.has('error')) {
    throw new Problem('invalid_authorization_response', 'The callback has both code and error');
  }
  return response;
};

const readState = (query: Query): string => {
  const state = query.get('state');
  if (state !== undefined) return state;
  const code = query.parameters.size === 0 ? 'login_not_started' : 'invalid_authorization_response';
  throw new Problem(code, 'The callback has no single state');
};

/** From here on the pending login is used up, on every process, before anything can fail. */
const claimLogin = async ({ options, sessions }: Bff, state: string): Promise<void> => {
  if (!(await sessions.claimOnce(`login ${state}`, options.clock() + options.loginTimeout * 1000))) {
    throw new Problem('login_not_started', 'The callback was used before');
  }
};

/** How a login ended: where the browser goes, and its cookies. */
interface Outcome {
  readonly location: string;
  readonly cookies: readonly string[];
}

const cookiesOf = (reply: FastifyReply): readonly string[] =>
  [reply.getHeader('set-cookie') ?? []].flat().map(String);

const isProblem = (error: unknown, ...codes: readonly string[]): error is Problem =>
  error instanceof Problem && codes.includes(error.code);

/** The Strict session cookie stays away from a request that another site led to: our own page asks once more. */
const cameFromElsewhere = ({ headers }: FastifyRequest): boolean =>
  headers['sec-fetch-mode'] === 'navigate' &&
  ['cross-site', 'same-site'].includes(String(headers['sec-fetch-site']));

/**
 * A callback without its pending login: reload, back button, somebody else's link. Who is signed in goes
 * home; who is not learns what happened.
 */
const answerWithoutLogin = async (
  { options: { basePath }, sessions }: Bff,
  request: FastifyRequest,
  reply: FastifyReply,
  problem: Problem,
): Promise<FastifyReply> => {
  if (await sessions.current(request, { slide: false })) return reply.redirect(`${basePath}/`, 303);
  if (!cameFromElsewhere(request)) throw problem;
  const page = printPage({
    title: 'One moment',
    body: `<p>Looking whether you are signed in.</p><nav><a class="first" href="${basePath}${paths.login}">Try again</a><a href="${basePath}/">Home</a></nav>`,
    requestId: request.id,
    continueAt: `${basePath}${paths.callback}`,
  });
  return reply
    .code(problem.status)
    .header('cache-control', 'no-store')
    .type('text/html; charset=utf-8')
    .send(page);
};

/** `GET /login/callback`: finishes a login. @see OpenID Connect Core section 3.1.2.5 */
export const addCallbackRoute = (scope: FastifyInstance, bff: Bff): void => {
  const { provider, sessions, logins } = bff;

  const complete = async (
    request: FastifyRequest,
    reply: FastifyReply,
    transaction: LoginTransaction,
  ): Promise<Outcome> => {
    await claimLogin(bff, transaction.checks.state);
    try {
      const response = readResponse(readQuery(request.url));
      const login = await provider.completeLogin(response, transaction.checks, request.log);
      const session = await sessions.open(request, reply, { login, replaces: transaction.replaces });
      bff.options.observe?.({ kind: 'login', outcome: 'succeeded' });
      logEvent(request.log, 'login', { session: session.id });
    } catch (error) {
      if (!(transaction.isQuiet && isProblem(error, 'login_required')))
        throw error instanceof Problem
          ? error.tryingAgainAt(loginAddress(transaction.returnTo, bff.options))
          : error;
    }
    return { location: transaction.returnTo, cookies: cookiesOf(reply) };
  };

  /** Callbacks under way, by their whole address: the same one sent again shares the outcome of the first. */
  const underWay = new Map<string, Promise<Outcome>>();

  const finish = async (request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> => {
    const transaction = logins.take(request, reply, readState(readQuery(request.url)));
    const shared = underWay.get(request.url);
    if (shared !== undefined) {
      const { location, cookies } = await shared;
      reply.removeHeader('set-cookie');
      return reply.header('set-cookie', [...cookies]).redirect(location, 303);
    }
    const outcome = complete(request, reply, transaction);
    underWay.set(request.url, outcome);
    try {
      return reply.redirect((await outcome).location, 303);
    } finally {
      underWay.delete(request.url);
    }
  };

  addRoute(scope, paths.callback, {
    GET: async (request, reply) => {
      await bff.limitRate(request);
      reply.header('cache-control', 'no-store');
      try {
        return await finish(request, reply);
      } catch (error) {
        if (error instanceof Problem) bff.options.observe?.({ kind: 'login', outcome: error.code });
        if (isProblem(error, 'login_not_started')) return answerWithoutLogin(bff, request, reply, error);
        throw error;
      }
    },
  });
};
