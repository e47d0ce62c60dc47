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

/** Takes the pending login: its cookie is cleared, and no other request gets it, before anything can fail. */
const takeTransaction = async (
  { options, logins, sessions }: Bff,
  { request, query }: { readonly request: FastifyRequest; readonly query: Query },
  reply: FastifyReply,
): Promise<LoginTransaction> => {
  const state = query.get('state');
  if (state === undefined) {
    const code = query.parameters.size === 0 ? 'login_not_started' : 'invalid_authorization_response';
    throw new Problem(code, 'The callback has no single state');
  }
  const transaction = logins.take(request, reply, state);
  if (!(await sessions.claimOnce(`login ${state}`, options.clock() + options.loginTimeout * 1000))) {
    throw new Problem('login_not_started', 'The callback was used before');
  }
  return transaction;
};

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
  { sessions }: Bff,
  request: FastifyRequest,
  reply: FastifyReply,
  problem: Problem,
): Promise<FastifyReply> => {
  if (await sessions.current(request, { slide: false })) return reply.redirect('/', 303);
  if (!cameFromElsewhere(request)) throw problem;
  const page = printPage({
    title: 'One moment',
    body: `<p>Looking whether you are signed in.</p><nav><a class="first" href="${paths.login}">Try again</a><a href="/">Home</a></nav>`,
    requestId: request.id,
    continueAt: paths.callback,
  });
  return reply
    .code(problem.status)
    .header('cache-control', 'no-store')
    .type('text/html; charset=utf-8')
    .send(page);
};

/** `GET /login/callback`: finishes a login. @see OpenID Connect Core section 3.1.2.5 */
export const addCallbackRoute = (scope: FastifyInstance, bff: Bff): void => {
  const { provider, sessions } = bff;

  const finish = async (request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> => {
    const query = readQuery(request.url);
    const transaction = await takeTransaction(bff, { request, query }, reply);
    try {
      const login = await provider.completeLogin(readResponse(query), transaction.checks, request.log);
      const session = await sessions.open(request, reply, { login, replaces: transaction.replaces });
      bff.options.observe?.({ kind: 'login', outcome: 'succeeded' });
      logEvent(request.log, 'login', { session: session.id });
      return reply.redirect(transaction.returnTo, 303);
    } catch (error) {
      if (transaction.isQuiet && isProblem(error, 'login_required'))
        return reply.redirect(transaction.returnTo, 303);
      throw error instanceof Problem ? error.tryingAgainAt(loginAddress(transaction.returnTo)) : error;
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
