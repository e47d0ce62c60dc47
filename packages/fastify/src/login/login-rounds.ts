import { hash } from 'node:crypto';
import type { ProblemCode } from '@foyer/contract';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { logEvent } from '../events.ts';
import { groupAddress } from '../logging/client-address.ts';
import type { ResolvedOptions } from '../options.ts';
import { Problem } from '../problems.ts';
import type { Session } from '../session/live-session.ts';
import { type CookieRules, type CookieSeal, createCookieRules } from '../session/session-cookie.ts';
import { creationTime, readSessionCookies } from '../session/session-reference.ts';
import { readQuery } from './login-hints.ts';
import type { LoginSeal } from './login-seal.ts';
import { loginAddress } from './login-transaction.ts';
import type { ReturnTo } from './return-to.ts';
import { type Counted, type CountedParts, createRoundsCookie, hasOwnCookie } from './rounds-cookie.ts';
import { createUnprovenSessions, type UnprovenSessions } from './unproven-sessions.ts';

/**
 * Rounds of sign-in: a login that is started although the one before has ended and left no session. Logins that are begun
 * beside each other are none.
 */
export interface LoginRounds {
  /** Notes a finished login: its session is to be seen in a later request. */
  readonly succeeded: (request: FastifyRequest, returnTo: ReturnTo, session: Session) => void;
  /**
   * Notes a callback that found no pending login, or one that was too old. Returns what the next login has to know
   * by its address, for a browser that brought no cookie of ours.
   */
  readonly failed: (request: FastifyRequest, reply: FastifyReply, code: ProblemCode) => string | undefined;
  /** Notes a request that has a session: the sign-in works, and what was counted is forgotten. */
  readonly proven: (request: FastifyRequest, reply: FastifyReply, session: Session) => void;
  /**
   * Counts a login that starts without a session. Returns what its `state` has to carry, for a browser that brought no
   * cookie of ours.
   *
   * @throws Problem `login_unfinished` after five rounds within a minute.
   */
  readonly requireProgress: (
    request: FastifyRequest,
    reply: FastifyReply,
    returnTo: ReturnTo,
  ) => string | undefined;
}

const mostRounds = 5;
const withinSeconds = 60;

/** What a round lacked, for the log. */
const missing = {
  session: 'The session of the login before: the browser does not send its cookie',
  sessionKey: 'A common SESSION_KEYS: the session cookie of the login before does not open here',
  sessionRecord:
    'The session of the login before: its cookie opens, and the store has no such session, or it is over by this clock',
  roundsKey: 'A common SESSION_KEYS: another process sealed what this one cannot open',
  loginCookie: 'The pending login: its cookie did not come back to the callback, or does not open here',
  time: 'Time: the pending login was too old at once, by this clock or the clock of the provider',
} as const;

type Missing = keyof typeof missing;

const causes = [
  'The browser does not keep cookies for this site, or something in between takes them out: allow them, and open the application under its own address.',
  'The servers behind this address have no common SESSION_KEYS or no common session store.',
  'The clock of a server, or of the provider, is wrong, or sessions are made to last seconds.',
];

const sumOf = (foreign: readonly string[]): number =>
  foreign.reduce((sum, part) => sum + Number(part.charAt(0)), 0);

const digest = (value: string): string => hash('sha256', value, 'base64url').slice(0, 8);

/** Who may be going in rounds, for want of a cookie: one address, one program, one page. */
const describeVisitor = ({ ip, headers }: FastifyRequest, page: string): string =>
  digest(JSON.stringify([groupAddress(ip), headers['user-agent'], page]));

const callbackPage = 'callback';

/** What a `state` carries behind its random value. */
const carriedInState = ({ url }: FastifyRequest): string | undefined => {
  const [, ...carried] = (readQuery(url).get('state') ?? '').split('.');
  return carried.length === 0 ? undefined : carried.join('.');
};

/** The seals of the cookies that rounds are judged by. */
interface Seals {
  readonly login: LoginSeal;
  readonly session: CookieSeal;
}

/** What a round is judged by. */
interface RoundEvidence {
  readonly clock: () => number;
  readonly seals: Seals;
  readonly rules: CookieRules;
  readonly unproven: UnprovenSessions;
}

/** Makes what finds out why a login left no session. */
const createRoundJudge = ({ clock, seals, rules, unproven }: RoundEvidence) => {
  /** What a session cookie without a session lacks; one that is older than a minute is merely over. */
  const examineCookie = (text: string, wasUnproven: boolean): Missing | undefined => {
    const { id } = seals.session.open(text) ?? {};
    if (typeof id !== 'string') return 'sessionKey';
    return wasUnproven || creationTime(id) > clock() - withinSeconds * 1000 ? 'sessionRecord' : undefined;
  };

  const findMissing = (
    request: FastifyRequest,
    { counted }: Counted,
    wasUnproven: boolean,
  ): Missing | undefined => {
    const [text] = readSessionCookies(request, rules);
    if (text !== undefined && digest(text) !== counted) return examineCookie(text, wasUnproven);
    return wasUnproven ? 'session' : undefined;
  };

  /** What the login before this one lacked; `undefined` when none has ended without a session. */
  return (
    request: FastifyRequest,
    { own, foreign }: CountedParts,
    returnTo: ReturnTo,
  ): Missing | undefined => {
    const wasUnproven = unproven.take(describeVisitor(request, returnTo));
    const hasFailed = unproven.take(describeVisitor(request, callbackPage));
    if (own.failed === 'login_expired') return 'time';
    if (own.failed !== undefined || hasFailed) return 'loginCookie';
    return foreign.length > 0 ? 'roundsKey' : findMissing(request, own, wasUnproven);
  };
};

/** Makes the count of rounds of one BFF. */
export const createLoginRounds = (options: ResolvedOptions, seals: Seals): LoginRounds => {
  const { clock } = options;
  const rules = createCookieRules(options);
  const cookie = createRoundsCookie(rules, seals.login);
  const unproven = createUnprovenSessions(clock);

  const judgeRound = createRoundJudge({ clock, seals, rules, unproven });

  return {
    succeeded: (request, returnTo, { id }) => unproven.add(id, describeVisitor(request, returnTo)),
    failed: (request, reply, code) => {
      const { own, foreign } = cookie.read(request, carriedInState(request));
      const text = cookie.print({ own: { ...own, failed: code }, foreign });
      // A visitor who brought no cookie of ours gets none for a callback that anyone can make up.
      if (request.headers.cookie?.includes(`${rules.sessionName}-`)) {
        cookie.write(reply, text);
        return undefined;
      }
      unproven.add(request.id, describeVisitor(request, callbackPage));
      return text;
    },
    proven: (request, reply, { id }) => {
      unproven.prove(id);
      cookie.clear(request, reply);
    },
    requireProgress: (request, reply, returnTo) => {
      const parts = cookie.read(request, readQuery(request.url).get('rounds'));
      const carry = (text: string): string | undefined => (hasOwnCookie(request, rules) ? undefined : text);
      const lacks = judgeRound(request, parts, returnTo);
      const since = clock() - withinSeconds * 1000;
      const before = parts.own.rounds.filter((at) => at > since);
      if (lacks === undefined) return before.length === 0 ? undefined : carry(cookie.print(parts));
      const rounds = [...before, clock()];
      const total = rounds.length + sumOf(parts.foreign);
      if (total < mostRounds) {
        const counted = readSessionCookies(request, rules).map(digest)[0] ?? parts.own.counted;
        const text = cookie.print({ own: { rounds, counted }, foreign: parts.foreign });
        cookie.write(reply, text);
        return carry(text);
      }
      cookie.clear(request, reply);
      logEvent(request.log, 'login_rounds', { rounds: total, missing: missing[lacks] });
      throw new Problem('login_unfinished', `${total} sign-ins in a row left no session`, {
        tryAgainAt: loginAddress(returnTo, options),
        causes,
      });
    },
  };
};
