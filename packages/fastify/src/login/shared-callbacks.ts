import { setTimeout as wait } from 'node:timers/promises';
import { problems } from '@foyer/contract';
import type { FastifyReply } from 'fastify';
import type { ResolvedOptions } from '../options.ts';
import { isProblemCode, Problem } from '../problems.ts';
import type { Sessions } from '../session/session.ts';
import { deriveReference, type SessionReference } from '../session/session-reference.ts';
import type { Query } from './login-hints.ts';
import type { LoginTransaction } from './login-transaction.ts';
import type { ReturnTo } from './return-to.ts';

/** One callback as it arrived. */
export interface ArrivedCallback {
  readonly reply: FastifyReply;
  readonly query: Query;
  readonly transaction: LoginTransaction;
}

/** Runs a callback, or takes part in the run of the same callback on any process. Returns where the browser goes. */
type RunCallback = (
  arrived: ArrivedCallback,
  complete: (reference: SessionReference) => Promise<ReturnTo>,
) => Promise<ReturnTo>;

/** What sharing callbacks depends on. */
interface Sharing {
  readonly options: Pick<ResolvedOptions, 'clock' | 'loginTimeout' | 'providerTimeout'>;
  readonly sessions: Pick<Sessions, 'claimOnce' | 'isClaimed' | 'finish' | 'isFinished' | 'join'>;
}

const pollMs = 50;
/** A login asks the provider at most this often, each time within `providerTimeout`. */
const mostRequests = 4;

const codes = Object.keys(problems).filter(isProblemCode);

const nameLogin = ({ transaction }: ArrivedCallback): string => `login ${transaction.checks.state}`;

const referenceOf = ({ reply, transaction }: ArrivedCallback): SessionReference =>
  deriveReference(transaction.secret, reply.request.url, transaction.startedAt);

const usedBefore = (): Problem => new Problem('login_not_started', 'The callback was used before');

const claim = ({ options, sessions }: Sharing, mark: string): Promise<boolean> =>
  sessions.claimOnce(mark, options.clock() + options.loginTimeout * 1000);

/** When the store fails now, waiting processes learn the outcome late: no reason to fail this callback as well. */
const leave = async (written: Promise<unknown>): Promise<void> => {
  await written.catch((error: unknown) => {
    if (!(error instanceof Problem)) throw error;
  });
};

const runFirst = async (
  sharing: Sharing,
  arrived: ArrivedCallback,
  complete: Parameters<RunCallback>[1],
): Promise<ReturnTo> => {
  const login = nameLogin(arrived);
  try {
    return await complete(referenceOf(arrived));
  } catch (error) {
    if (error instanceof Problem)
      await leave(claim(sharing, `${login} ${arrived.reply.request.url} ${error.code}`));
    throw error;
  } finally {
    await leave(sharing.sessions.finish(login));
  }
};

const takePart = async ({ options, sessions }: Sharing, arrived: ArrivedCallback): Promise<ReturnTo> => {
  const { reply, transaction } = arrived;
  const login = nameLogin(arrived);
  for (let leftMs = mostRequests * options.providerTimeout * 1000; leftMs > 0; leftMs -= pollMs) {
    const isFinished = await sessions.isFinished(login);
    if ((await sessions.join(reply, referenceOf(arrived))) !== undefined) return transaction.returnTo;
    if (!isFinished) {
      await wait(pollMs);
      continue;
    }
    for (const code of codes)
      if (await sessions.isClaimed(`${login} ${reply.request.url} ${code}`))
        throw new Problem(code, 'The same callback failed beside this one, see the line before in the log');
    throw usedBefore();
  }
  throw new Problem('provider_timeout', 'The same callback is under way elsewhere, and does not end');
};

/**
 * A pending login is used up on every process before anything can fail. The same callback that arrives while the first is
 * under way has its outcome: the session is derived from the secret of the pending login and the whole address of the
 * callback, so that each process finds it in the store; a failure leaves its code there.
 */
export const createSharedCallbacks = (sharing: Sharing): RunCallback => {
  const runOnce: RunCallback = async (arrived, complete) => {
    const login = nameLogin(arrived);
    // Read before the claim: by the time a claim is lost, the callback that this one came beside may have ended.
    const wasFinished = await sharing.sessions.isFinished(login);
    if (await claim(sharing, login)) return runFirst(sharing, arrived, complete);
    // It came later, and shares nothing: the session may have been open for long.
    // Earlier builds on the same store leave the end of a login as a mark of its own.
    if (wasFinished || (await sharing.sessions.isClaimed(`${login} finished`))) throw usedBefore();
    return takePart(sharing, arrived);
  };
  /** Callbacks in progress in this process, by their whole address: repetitions need not ask the store. */
  const underWay = new Map<string, { readonly run: Promise<ReturnTo>; readonly first: FastifyReply }>();
  return async (arrived, complete) => {
    const { reply } = arrived;
    const { url } = reply.request;
    const shared = underWay.get(url);
    if (shared !== undefined) {
      const returnTo = await shared.run;
      reply.removeHeader('set-cookie').header('set-cookie', shared.first.getHeader('set-cookie'));
      return returnTo;
    }
    const run = runOnce(arrived, complete).finally(() => underWay.delete(url));
    underWay.set(url, { run, first: reply });
    return run;
  };
};
