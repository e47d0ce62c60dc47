import { paths } from '@foyer/contract';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Bff } from '../bff.ts';
import { cameFromElsewhere } from '../browser-security/cross-site.ts';
import type { Query } from '../login/login-hints.ts';
import { type LoginTransaction, loginAddress } from '../login/login-transaction.ts';
import { endCallback, parseReturnTo, type ReturnTo } from '../login/return-to.ts';
import { isProblemCode, Problem } from '../problems.ts';

/** A callback that failed, and the pending login that it had, if any. */
interface Failure {
  readonly problem: Problem;
  readonly transaction: LoginTransaction | undefined;
}

/** What our own page asks after a failure that only a request from our own site can judge. */
interface Step {
  readonly problem: Problem;
  readonly returnTo: ReturnTo;
  readonly replaces: string | undefined;
  /** What the next login learns of the rounds before it. */
  readonly rounds: string | undefined;
}

/** Answers callbacks that failed: who is signed in by now goes on, everyone else learns what happened. */
export interface FailedCallback {
  readonly answer: (request: FastifyRequest, reply: FastifyReply, failure: Failure) => Promise<FastifyReply>;
  readonly readStep: (query: Query) => Step | undefined;
  readonly answerStep: (request: FastifyRequest, reply: FastifyReply, step: Step) => Promise<FastifyReply>;
}

/** After these the person may be signed in all the same: a reload, the back button, a link that was opened twice. */
const mayBeSignedIn: readonly string[] = [
  'login_not_started',
  'login_expired',
  'invalid_authorization_response',
];

const text = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined);

/** Makes the answers of one BFF. */
export const createFailedCallback = ({
  options,
  providers,
  sessions,
  rounds,
  loginSeal,
}: Bff): FailedCallback => {
  /** The session that this login has left, or another one since; not the one that was there before. */
  const isSignedIn = async (
    request: FastifyRequest,
    reply: FastifyReply,
    { replaces }: Pick<Step, 'replaces'>,
  ) => {
    const session = await sessions.current(request, { slide: false });
    if (session === undefined || session.id === replaces) return false;
    rounds.proven(request, reply, session);
    return true;
  };

  const count = ({ code }: Problem, transaction: LoginTransaction | undefined): void => {
    const { observe } = transaction === undefined ? options : providers.of(transaction).options;
    observe?.({ kind: 'login', outcome: code });
  };

  const printStep = ({ problem: { code, message }, ...step }: Step): string =>
    `${options.basePath}${paths.callback}?step=${loginSeal.seal('callback', { code, message, ...step })}`;

  return {
    answer: async (request, reply, { problem, transaction }) => {
      count(problem, transaction);
      const returnTo = transaction?.returnTo ?? parseReturnTo(undefined, options);
      const again = { ...transaction?.checks };
      if (!mayBeSignedIn.includes(problem.code))
        throw problem.with({ tryAgainAt: loginAddress(returnTo, options, again) });
      const step = { problem, returnTo, replaces: transaction?.replaces };
      if (await isSignedIn(request, reply, step)) return endCallback(request, reply, returnTo);
      const isRound = problem.code !== 'invalid_authorization_response';
      const counted = isRound ? rounds.failed(request, reply, problem.code) : undefined;
      throw problem.with({
        tryAgainAt: loginAddress(returnTo, options, { ...again, rounds: counted }),
        ...(cameFromElsewhere(request) && { continueAt: printStep({ ...step, rounds: counted }) }),
      });
    },
    readStep: (query) => {
      const sealed = query.get('step');
      const {
        code,
        message,
        returnTo,
        replaces,
        rounds: counted,
      } = (sealed === undefined ? undefined : loginSeal.open('callback', sealed)) ?? {};
      if (!isProblemCode(code)) return undefined;
      const checked = parseReturnTo(returnTo, options);
      const rounds = text(counted);
      const problem = new Problem(code, String(message), {
        tryAgainAt: loginAddress(checked, options, { rounds }),
      });
      return { problem, returnTo: checked, replaces: text(replaces), rounds };
    },
    answerStep: async (request, reply, step) => {
      if (await isSignedIn(request, reply, step)) return endCallback(request, reply, step.returnTo);
      throw step.problem;
    },
  };
};
