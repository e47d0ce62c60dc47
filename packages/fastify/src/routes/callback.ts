import { paths } from '@foyer/contract';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Bff } from '../bff.ts';
import { logEvent } from '../events.ts';
import { readResponse, readState } from '../login/authorization-response.ts';
import { decideLogin } from '../login/login-decision.ts';
import { readQuery } from '../login/login-hints.ts';
import type { LoginTransaction } from '../login/login-transaction.ts';
import { endCallback, type ReturnTo } from '../login/return-to.ts';
import { createSharedCallbacks } from '../login/shared-callbacks.ts';
import { isSeveral } from '../options.ts';
import { Problem } from '../problems.ts';
import { whoOf } from '../session/log-subject.ts';
import type { SessionReference } from '../session/session-reference.ts';
import { addRoute } from './add-route.ts';
import { createFailedCallback } from './failed-callback.ts';

const isQuietRefusal = ({ isQuiet }: LoginTransaction, error: unknown): error is Problem =>
  isQuiet && error instanceof Problem && error.code === 'login_required';

/** An answer of another provider than that of the pending login comes to another callback. @see RFC 9700 section 4.4.2.2 */
const requireOwnCallback = ({ params }: FastifyRequest, { provider, checks }: LoginTransaction): void => {
  const named = typeof params === 'object' && params !== null && 'id' in params ? params.id : undefined;
  if (named !== (checks.hasOwnCallback ? provider : undefined))
    throw new Problem(
      'invalid_authorization_response',
      'The answer came to the callback of another provider',
    );
};

/** `GET /login/callback`: finishes a login. @see OpenID Connect Core section 3.1.2.5 */
export const addCallbackRoute = (scope: FastifyInstance, bff: Bff): void => {
  const { options, providers, sessions, logins, rounds } = bff;
  const runOnce = createSharedCallbacks(options, sessions);
  const failed = createFailedCallback(bff);

  const complete = async (
    { request, reply, transaction }: Parameters<typeof runOnce>[0],
    reference: SessionReference,
  ): Promise<ReturnTo> => {
    const { checks, replaces } = transaction;
    const { provider, name, options: own } = providers.of(transaction);
    const response = readResponse(readQuery(request.url));
    const login = await provider.completeLogin({ parameters: response, checks }, request.log);
    const decided = await decideLogin({ options, provider }, login, request);
    const { shown, returnTo = transaction.returnTo } = decided;
    const session = await sessions.open(request, reply, { login, replaces, reference, shown });
    own.observe?.({ kind: 'login', outcome: 'succeeded' });
    rounds.succeeded(request, returnTo, session);
    logEvent(request.log, 'login', {
      session: session.id,
      provider: name,
      ...whoOf(request, session.user.sub),
    });
    return returnTo;
  };

  const finish = async (
    request: FastifyRequest,
    reply: FastifyReply,
    transaction: LoginTransaction,
  ): Promise<FastifyReply> => {
    logins.requireInTime(transaction);
    const arrived = { request, reply, transaction };
    let { returnTo } = transaction;
    try {
      returnTo = await runOnce(arrived, (reference) => complete(arrived, reference));
    } catch (error) {
      if (!isQuietRefusal(transaction, error)) throw error;
      const { name: provider } = providers.of(transaction);
      logEvent(request.log, 'login_not_silent', { reason: error.message, provider, ...whoOf(request) });
    }
    return endCallback(request, reply, returnTo);
  };

  const answer = async (request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> => {
    await bff.limitRate(request);
    reply.header('cache-control', 'no-store');
    const query = readQuery(request.url);
    const step = failed.readStep(query);
    if (step !== undefined) return failed.answerStep(request, reply, step);
    let transaction: LoginTransaction | undefined;
    try {
      transaction = logins.take(request, reply, readState(query));
      requireOwnCallback(request, transaction);
      return await finish(request, reply, transaction);
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      return failed.answer(request, reply, { problem: error, transaction });
    }
  };
  addRoute(scope, paths.callback, { GET: answer });
  if (isSeveral(options)) addRoute(scope, `${paths.callback}/:id`, { GET: answer });
};
