import { paths } from '@foyer/contract';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Bff } from '../bff.ts';
import { logEvent } from '../events.ts';
import { readResponse, readState } from '../login/authorization-response.ts';
import { decideLogin } from '../login/login-decision.ts';
import { readQuery } from '../login/login-hints.ts';
import type { LoginTransaction } from '../login/login-transaction.ts';
import { endCallback, type ReturnTo } from '../login/return-to.ts';
import { type ArrivedCallback, createSharedCallbacks } from '../login/shared-callbacks.ts';
import { isSeveral } from '../options.ts';
import { Problem } from '../problems.ts';
import { whoOf } from '../session/log-subject.ts';
import type { SessionReference } from '../session/session-reference.ts';
import { addRoute } from './add-route.ts';
import { answerFailure, answerStep } from './failed-callback.ts';

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

/** Opens the session of a callback that comes first. */
const openSession = async (
  { options, providers, sessions, rounds }: Bff,
  { reply, query, transaction }: ArrivedCallback,
  reference: SessionReference,
): Promise<ReturnTo> => {
  const { request } = reply;
  const { checks, replaces } = transaction;
  const { provider, name, options: own } = providers.of(transaction);
  const login = await provider.completeLogin({ parameters: readResponse(query), checks }, request.log);
  const decided = await decideLogin({ options, provider }, login, request);
  const { shown, returnTo = transaction.returnTo } = decided;
  const session = await sessions.open(request, reply, { login, replaces, reference, shown });
  own.observe?.({ kind: 'login', outcome: 'succeeded' });
  rounds.succeeded(reply);
  logEvent(request.log, 'login', {
    session: session.id,
    provider: name,
    ...whoOf(request, session.user.sub),
  });
  return returnTo;
};

/** `GET /login/callback`: finishes a login. @see OpenID Connect Core section 3.1.2.5 */
export const addCallbackRoute = (scope: FastifyInstance, bff: Bff): void => {
  const { options, providers, logins } = bff;
  const runOnce = createSharedCallbacks(bff);

  const finish = async (arrived: ArrivedCallback): Promise<FastifyReply> => {
    const { reply, transaction } = arrived;
    const { request } = reply;
    requireOwnCallback(request, transaction);
    logins.requireInTime(transaction);
    try {
      const returnTo = await runOnce(arrived, (reference) => openSession(bff, arrived, reference));
      return endCallback(reply, returnTo);
    } catch (error) {
      if (!isQuietRefusal(transaction, error)) throw error;
      const { name: provider } = providers.of(transaction);
      logEvent(request.log, 'login_not_silent', { reason: error.message, provider, ...whoOf(request) });
      return endCallback(reply, transaction.returnTo);
    }
  };

  const answer = async (request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> => {
    await bff.limitRate(request);
    const query = readQuery(request.url);
    if (await answerStep(bff, reply, query)) return reply;
    let transaction: LoginTransaction | undefined;
    try {
      transaction = logins.take(reply, readState(query));
      return await finish({ reply, query, transaction });
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      return answerFailure(bff, reply, { problem: error, transaction });
    }
  };
  addRoute(scope, paths.callback, { GET: answer });
  if (isSeveral(options)) addRoute(scope, `${paths.callback}/:id`, { GET: answer });
};
