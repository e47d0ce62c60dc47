import type { FastifyReply, FastifyRequest } from 'fastify';
import type { ResolvedOptions } from '../options.ts';
import { type CookieRules, readCookiesByPrefix } from '../session/session-cookie.ts';
import type { LoginSeal } from './login-seal.ts';

/** The cookies of the logins that a browser has in flight, one each. */
export interface LoginCookies {
  /** Sets the cookie of a new login, and clears those that are too many beside it. */
  readonly add: (reply: FastifyReply, cookie: LoginCookie) => void;
  /** Clears as many as an answer of 4 kB has room for, beside `used` characters of its own; the newest go first. */
  readonly clear: (reply: FastifyReply, used: number) => void;
}

interface LoginCookie {
  readonly id: string;
  readonly text: string;
}

const mostInFlight = 5;
/** All pending logins together; a browser's whole `Cookie` header has to stay within what servers accept. */
const mostCharacters = 8192;
/** What is left of 4 kB, the head that proxies accept, beside the headers that every answer of ours has. */
const headCharacters = 2600;
const mostCleared = 20;

/** Seconds that the cookie outlives its login, so that the callback can say that it took too long. */
const explainsItselfSeconds = 86_400;

/** When a login began, in milliseconds; 0 for what does not open. */
const startOf = (seal: LoginSeal, text: string): number => Number(seal.open('login', text)?.startedAt ?? 0);

interface PendingCookie {
  readonly id: string;
  readonly size: number;
  readonly startedAt: number;
}

/**
 * Every login in flight, the newest first; what does not open comes last. Of two of one millisecond browsers send the older
 * one first.
 *
 * @see RFC 6265 section 5.4
 */
const findPending = (
  { headers }: FastifyRequest,
  { loginPrefix }: CookieRules,
  seal: LoginSeal,
): readonly PendingCookie[] =>
  readCookiesByPrefix(headers.cookie, loginPrefix)
    .toReversed()
    .map(({ name, value }) => ({
      id: name.slice(loginPrefix.length),
      size: name.length + value.length,
      startedAt: startOf(seal, value),
    }))
    .filter(({ id }) => /^[A-Za-z0-9_-]{1,64}$/.test(id))
    .sort((one, other) => other.startedAt - one.startedAt);

/** Makes the cookies of pending logins. */
export const createLoginCookies = (
  { loginTimeout, clock }: ResolvedOptions,
  rules: CookieRules,
  seal: LoginSeal,
): LoginCookies => {
  const lifetimeSeconds = Math.floor(loginTimeout) + explainsItselfSeconds;
  const isOver = (startedAt: number): boolean =>
    startedAt + (loginTimeout + explainsItselfSeconds) * 1000 <= clock();

  /** At least one, however long the answer is: a browser gets rid of the others with its next answers. */
  const clearThese = (reply: FastifyReply, pending: readonly PendingCookie[], used: number): void => {
    const room = Math.floor((headCharacters - used) / rules.clear(`${rules.loginPrefix}twelve-chars`).length);
    for (const { id } of pending.slice(0, Math.min(mostCleared, Math.max(1, room))))
      reply.header('set-cookie', rules.clear(`${rules.loginPrefix}${id}`));
  };

  /** The cookies to delete so that the new one fits: first those that do not open, then the oldest. */
  const crowdedOut = (request: FastifyRequest, added: number): readonly PendingCookie[] => {
    let room = mostCharacters - added;
    return findPending(request, rules, seal).filter(({ size, startedAt }, index) => {
      room -= size;
      return index >= mostInFlight - 1 || room < 0 || isOver(startedAt);
    });
  };

  return {
    add: (reply, { id, text }) => {
      clearThese(reply, crowdedOut(reply.request, text.length), text.length);
      reply.header('set-cookie', rules.set(`${rules.loginPrefix}${id}`, text, lifetimeSeconds));
    },
    clear: (reply, used) => clearThese(reply, findPending(reply.request, rules, seal), used),
  };
};
