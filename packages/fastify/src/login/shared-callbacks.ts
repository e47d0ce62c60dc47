import { setTimeout as wait } from 'node:timers/promises';
import { problems } from '@foyer/contract';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { ResolvedOptions } from '../options.ts';
import { isProblemCode, Problem } from '../problems.ts';
import { deriveReference, type SessionReference } from '../session/session-reference.ts';
import type { Sessions } from '../session/sessions.ts';
import type { LoginTransaction } from './login-transaction.ts';
import type { ReturnTo } from './return-to.ts';

/** One callback as it arrived. */
interface ArrivedCallback {
  readonly request: FastifyRequest;
  readonly reply: FastifyReply;
  readonly transaction: LoginTransaction;
}

/** Runs a callback, or takes part in the run of the same callback on any process. Returns where the browser goes. */
export type RunCallback = (
  arrived: ArrivedCallback,
  complete: (reference: SessionReference) => Promise<ReturnTo>,
) => Promise<ReturnTo>;

const pollMs = 50;
/** A login asks the provider at most this often, each time within `providerTimeout`. */
const mostRequests = 4;

const codes = Object.keys(problems).filter(isProblemCode);

const cookiesOf = (reply: FastifyReply): readonly string[] =>
  [reply.getHeader('set-cookie') ?? []].flat().map(String);

const nameLogin = ({ checks }: LoginTransaction): string => `login ${checks.state}`;

const usedBefore = (): Problem => new Problem('login_not_started', 'The callback was used before');

/**
 * A pending login is used up on every process before anything can fail. The same callback that arrives while the first is
 * under way has its outcome: the session is derived from the secret of the pending login and the whole address of the
 * callback, so that each process finds it in the store; a failure leaves its code there.
 */
export const createSharedCallbacks = (
  { clock, loginTimeout, providerTimeout }: ResolvedOptions,
  sessions: Pick<Sessions, 'claimOnce' | 'isClaimed' | 'join'>,
): RunCallback => {
  const claim = async (mark: string): Promise<boolean> =>
    sessions.claimOnce(mark, clock() + loginTimeout * 1000);

  /** Those who wait learn of it late when the store fails now: no reason to fail here as well. */
  const mark = async (text: string): Promise<void> => {
    try {
      await claim(text);
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
    }
  };

  const findProblem = async (login: string, { url }: FastifyRequest): Promise<Problem> => {
    for (const code of codes)
      if (await sessions.isClaimed(`${login} ${url} ${code}`))
        return new Problem(code, 'The same callback failed beside this one, see the line before in the log');
    return usedBefore();
  };

  const takePart = async ({ request, reply, transaction }: ArrivedCallback): Promise<ReturnTo> => {
    const login = nameLogin(transaction);
    const reference = deriveReference(transaction.secret, request.url, transaction.startedAt);
    for (let leftMs = mostRequests * providerTimeout * 1000; leftMs > 0; leftMs -= pollMs) {
      const isFinished = await sessions.isClaimed(`${login} finished`);
      if ((await sessions.join(reply, reference)) !== undefined) return transaction.returnTo;
      if (isFinished) throw await findProblem(login, request);
      await wait(pollMs);
    }
    throw new Problem('provider_timeout', 'The same callback is under way elsewhere, and does not end');
  };

  const runFirst: RunCallback = async ({ request, transaction }, complete) => {
    const login = nameLogin(transaction);
    try {
      return await complete(deriveReference(transaction.secret, request.url, transaction.startedAt));
    } catch (error) {
      if (error instanceof Problem) await mark(`${login} ${request.url} ${error.code}`);
      throw error;
    } finally {
      await mark(`${login} finished`);
    }
  };

  const runOnce: RunCallback = async (arrived, complete) => {
    const login = nameLogin(arrived.transaction);
    const wasFinished = await sessions.isClaimed(`${login} finished`);
    if (await claim(login)) return runFirst(arrived, complete);
    if (wasFinished) throw usedBefore();
    return takePart(arrived);
  };

  /** Those under way in this process, by their whole address: others of it need not ask the store. */
  const underWay = new Map<
    string,
    Promise<{ readonly returnTo: ReturnTo; readonly cookies: readonly string[] }>
  >();
  return async (arrived, complete) => {
    const { request, reply } = arrived;
    const shared = underWay.get(request.url);
    if (shared !== undefined) {
      const { returnTo, cookies } = await shared;
      reply.removeHeader('set-cookie');
      reply.header('set-cookie', [...cookies]);
      return returnTo;
    }
    const run = runOnce(arrived, complete).then((returnTo) => ({ returnTo, cookies: cookiesOf(reply) }));
    underWay.set(request.url, run);
    try {
      return (await run).returnTo;
    } finally {
      underWay.delete(request.url);
    }
  };
};
