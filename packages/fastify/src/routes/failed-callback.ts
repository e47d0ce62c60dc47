import { type ProblemCode, paths } from '@foyer/contract';
import type { FastifyReply } from 'fastify';
import { z } from 'zod';
import type { Bff } from '../bff.ts';
import { cameFromElsewhere } from '../browser-security/cross-site.ts';
import type { Query } from '../login/login-hints.ts';
import { type LoginTransaction, loginAddress } from '../login/login-transaction.ts';
import { endCallback, parseReturnTo } from '../login/return-to.ts';
import { isProblemCode, Problem } from '../problems.ts';

/** A callback that failed, and the pending login that it had, if any. */
interface Failure {
  readonly problem: Problem;
  readonly transaction: LoginTransaction | undefined;
}

/** After these the person may be signed in all the same: a reload, the back button, a link that was opened twice. */
const mayBeSignedIn: readonly string[] = [
  'login_not_started',
  'login_expired',
  'invalid_authorization_response',
];

/** What our own page asks after a failure, because the Strict session cookie stays away from the callback itself. */
const sealedStep = z.object({
  code: z.custom<ProblemCode>(isProblemCode),
  message: z.string(),
  returnTo: z.string(),
  replaces: z.string().optional(),
  rounds: z.string().optional(),
});

/** Whether this login has left a session, or another one since; the one that was there before does not count. */
const isSignedIn = async (
  { sessions, rounds }: Bff,
  reply: FastifyReply,
  replaces: string | undefined,
): Promise<boolean> => {
  const session = await sessions.current(reply.request, { slide: false });
  if (session === undefined || session.id === replaces) return false;
  rounds.proven(reply);
  return true;
};

/** Redirects a person who is signed in by now to `returnTo`. @throws Problem that everyone else is shown. */
export const answerFailure = async (
  bff: Bff,
  reply: FastifyReply,
  { problem, transaction }: Failure,
): Promise<FastifyReply> => {
  const { options, providers, rounds, loginSeal } = bff;
  const { code, message } = problem;
  const { observe } = transaction === undefined ? options : providers.of(transaction).options;
  observe?.({ kind: 'login', outcome: code });
  const { checks, replaces, returnTo = parseReturnTo(undefined, options) } = transaction ?? {};
  if (!mayBeSignedIn.includes(code))
    throw problem.with({ tryAgainAt: loginAddress(returnTo, options, checks) });
  if (await isSignedIn(bff, reply, replaces)) return endCallback(reply, returnTo);
  const counted =
    code === 'invalid_authorization_response'
      ? undefined
      : rounds.failed(reply, code === 'login_expired' ? 'time' : 'login');
  const step = loginSeal.seal('callback', { code, message, returnTo, replaces, rounds: counted });
  throw problem.with({
    tryAgainAt: loginAddress(returnTo, options, { ...checks, rounds: counted }),
    ...(cameFromElsewhere(reply.request) && {
      continueAt: `${options.basePath}${paths.callback}?step=${step}`,
    }),
  });
};

/** Answers what our own page asks after a failure; `false` for every other callback, which stays unanswered. */
export const answerStep = async (bff: Bff, reply: FastifyReply, query: Query): Promise<boolean> => {
  const { options, loginSeal } = bff;
  const text = query.get('step');
  if (text === undefined) return false;
  const { data } = sealedStep.safeParse(loginSeal.open('callback', text));
  if (data === undefined) return false;
  const { code, message, replaces, rounds } = data;
  const returnTo = parseReturnTo(data.returnTo, options);
  if (await isSignedIn(bff, reply, replaces)) {
    endCallback(reply, returnTo);
    return true;
  }
  throw new Problem(code, message, { tryAgainAt: loginAddress(returnTo, options, { rounds }) });
};
