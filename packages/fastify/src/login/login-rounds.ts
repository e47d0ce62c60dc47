import type { FastifyReply, FastifyRequest } from 'fastify';
import { logEvent } from '../events.ts';
import type { ResolvedOptions } from '../options.ts';
import { Problem } from '../problems.ts';
import {
  type CookieRules,
  type CookieSeal,
  createCookieRules,
  readCookies,
} from '../session/session-cookie.ts';
import { readSessionCookies } from '../session/session-reference.ts';
import { readQuery } from './login-hints.ts';
import { loginAddress } from './login-transaction.ts';
import type { ReturnTo } from './return-to.ts';

/** How a login ended: with a session, without its pending login, or too late. */
type Ending = 'session' | 'login' | 'time';

/**
 * Rounds of sign-in: logins that ended, and after which no request has shown a session. They are counted in a cookie, and
 * for a browser that brings no cookie of ours in the `state` and in the link "Try again". The count protects nothing, and is
 * plain text, so that processes without a common key count together.
 */
export interface LoginRounds {
  /** Counts a login that has opened a session. */
  readonly succeeded: (reply: FastifyReply) => void;
  /**
   * Counts a callback that found no pending login, or one that was too old. Returns the count for the link to the next login,
   * for a browser that brought no cookie of ours: such a visitor gets none for a callback that anyone can make up.
   */
  readonly failed: (reply: FastifyReply, ending: Ending) => string | undefined;
  /** Notes a request that has a session: the sign-in works, and what was counted is forgotten. */
  readonly proven: (reply: FastifyReply) => void;
  /**
   * Called when a login starts without a session. Returns the count that its `state` has to carry, for a browser that brought
   * no cookie of ours.
   *
   * @throws Problem `login_unfinished` after five rounds within a minute.
   */
  readonly requireProgress: (reply: FastifyReply, returnTo: ReturnTo) => string | undefined;
}

const mostRounds = 5;
const withinSeconds = 60;

/** What the last login lacked, for the log. */
const missing = {
  session: 'The session of the login before: the browser does not send its cookie',
  sessionKey: 'A common SESSION_KEYS: the session cookie of the login before does not open here',
  sessionRecord:
    'The session of the login before: its cookie opens, and the store has no such session, or it is over by this clock',
  login:
    'The pending login: its cookie did not come back to the callback, or does not open there for want of common SESSION_KEYS',
  time: 'Time: the pending login was too old at once, by this clock or the clock of the provider',
} as const;

const causes = [
  'The browser does not keep cookies for this site, or something in between takes them out: allow them, and open the application under its own address.',
  'The servers behind this address have no common SESSION_KEYS or no common session store.',
  'The clock of a server, or of the provider, is wrong, or sessions are made to last seconds.',
];

/** When logins ended within the last minute, in seconds since the epoch, and how the last one did. */
interface Count {
  readonly endedAt: readonly number[];
  readonly last: string;
}

/**
 * Whether an ending, asked from the newest on, was within the last minute. The count lives no longer than that: a longer
 * step from one ending to the next, in either direction, is one between clocks that disagree, and no time passed.
 */
const isRecent = (now: number): ((endedAt: number) => boolean) => {
  let [later, passedSeconds] = [now, 0];
  return (endedAt) => {
    const seconds = later - endedAt;
    passedSeconds += Math.abs(seconds) < withinSeconds ? seconds : 0;
    later = endedAt;
    return Math.abs(passedSeconds) < withinSeconds;
  };
};

const parseCount = (text: string | undefined, now: number): Count => {
  const [, times = '', last = ''] =
    /^(\d{10}(?:\.\d{10}){0,4})\.(session|login|time)$/.exec(text ?? '') ?? [];
  const endedAt = times === '' ? [] : times.split('.').map(Number);
  return { endedAt: endedAt.toReversed().filter(isRecent(now)).toReversed(), last };
};

const printCount = ({ endedAt, last }: Count): string => [...endedAt.slice(-mostRounds), last].join('.');

/** The count behind the random value of a callback's `state`. */
const countInState = (request: FastifyRequest): string | undefined => {
  const [, ...count] = (readQuery(request.url).get('state') ?? '').split('.');
  return count.join('.');
};

/** Whether a browser brought a cookie of ours; it may keep none. */
const hasOwnCookie = ({ headers }: FastifyRequest, { sessionName }: CookieRules): boolean =>
  headers.cookie?.includes(sessionName) ?? false;

/** Makes the count of rounds of one BFF; `seal` is that of the session cookie. */
export const createLoginRounds = (options: ResolvedOptions, seal: CookieSeal): LoginRounds => {
  const rules = createCookieRules(options);
  const nowSeconds = (): number => Math.floor(options.clock() / 1000);

  const read = (request: FastifyRequest, carried: string | undefined): Count => {
    const [text, another] = readCookies(request.headers.cookie, rules.roundsName);
    const ofCookie = another === undefined ? text : undefined;
    return parseCount(hasOwnCookie(request, rules) ? ofCookie : carried, nowSeconds());
  };
  const add = (request: FastifyRequest, last: Ending): string =>
    printCount({ endedAt: [...read(request, countInState(request)).endedAt, nowSeconds()], last });
  const write = (reply: FastifyReply, count: string): void =>
    void reply.header('set-cookie', rules.set(rules.roundsName, count, withinSeconds));
  const clear = (reply: FastifyReply): void => {
    if (reply.request.headers.cookie?.includes(`${rules.roundsName}=`))
      reply.header('set-cookie', rules.clear(rules.roundsName));
  };
  const findMissing = (request: FastifyRequest, { last }: Count): string => {
    if (last === 'login' || last === 'time') return missing[last];
    const [text] = readSessionCookies(request, rules);
    if (text === undefined) return missing.session;
    return seal.open(text) === undefined ? missing.sessionKey : missing.sessionRecord;
  };

  return {
    succeeded: (reply) => write(reply, add(reply.request, 'session')),
    failed: (reply, ending) => {
      const count = add(reply.request, ending);
      if (!hasOwnCookie(reply.request, rules)) return count;
      write(reply, count);
      return undefined;
    },
    proven: clear,
    requireProgress: (reply, returnTo) => {
      const { request } = reply;
      const count = read(request, readQuery(request.url).get('rounds'));
      const rounds = count.endedAt.length;
      if (rounds < mostRounds)
        return rounds === 0 || hasOwnCookie(request, rules) ? undefined : printCount(count);
      clear(reply);
      logEvent(request.log, 'login_rounds', { rounds, missing: findMissing(request, count) });
      throw new Problem('login_unfinished', `${rounds} sign-ins in a row left no session`, {
        tryAgainAt: loginAddress(returnTo, options),
        causes,
      });
    },
  };
};
