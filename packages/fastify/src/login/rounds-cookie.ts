import type { FastifyReply, FastifyRequest } from 'fastify';
import { type CookieRules, readCookies } from '../session/session-cookie.ts';
import type { LoginSeal } from './login-seal.ts';

const lifetimeSeconds = 60;
/** Parts that other processes sealed and this one cannot open. */
const mostForeign = 3;

/** What the cookie counts: when rounds were, how the last callback failed, which session cookie was counted last. */
export interface Counted {
  readonly rounds: readonly number[];
  readonly failed?: string | undefined;
  readonly counted?: string | undefined;
}

/** The parts of the cookie: one that opens here, and those that processes with other keys have written. */
export interface CountedParts {
  readonly own: Counted;
  readonly foreign: readonly string[];
}

const parseCounted = ({ rounds, failed, counted }: Readonly<Record<string, unknown>>): Counted => ({
  rounds: Array.isArray(rounds) ? rounds.map(Number) : [],
  failed: typeof failed === 'string' ? failed : undefined,
  counted: typeof counted === 'string' ? counted : undefined,
});

/** The number of its rounds stands before each part, so that processes without a common key count together. */
const partPattern = /^[0-4]\.[A-Za-z0-9_-]{1,400}$/;

const readParts = (text: string, seal: LoginSeal): CountedParts => {
  const parts = text.split('~', mostForeign + 1).filter((part) => partPattern.test(part));
  const opened = parts.map((part) => ({ part, value: seal.open('rounds', part.slice(2)) }));
  const own = opened.find(({ value }) => value !== undefined)?.value;
  return {
    own: own === undefined ? { rounds: [] } : parseCounted(own),
    foreign: opened.flatMap(({ part, value }) => (value === undefined ? [part] : [])).slice(0, mostForeign),
  };
};

const printParts = ({ own, foreign }: CountedParts, seal: LoginSeal): string =>
  [`${Math.min(own.rounds.length, 4)}.${seal.seal('rounds', { ...own })}`, ...foreign].join('~');

/** The cookie in which a browser carries the count of its rounds; without cookies `state` and links carry the same text. */
export interface RoundsCookie {
  /** Reads the cookie, or `carried` where the browser brought no cookie of ours at all. */
  readonly read: (request: FastifyRequest, carried: string | undefined) => CountedParts;
  readonly print: (parts: CountedParts) => string;
  readonly write: (reply: FastifyReply, text: string) => void;
  /** Clears it where the browser has it. */
  readonly clear: (request: FastifyRequest, reply: FastifyReply) => void;
}

/** Whether a browser brought a cookie of ours; it may keep none. */
export const hasOwnCookie = ({ headers }: FastifyRequest, { sessionName }: CookieRules): boolean =>
  headers.cookie?.includes(sessionName) ?? false;

/** Makes the cookie of rounds. */
export const createRoundsCookie = (rules: CookieRules, seal: LoginSeal): RoundsCookie => ({
  read: (request, carried) => {
    if (!hasOwnCookie(request, rules)) return readParts(carried ?? '', seal);
    const [text = '', another] = readCookies(request.headers.cookie, rules.roundsName);
    return readParts(another === undefined ? text : '', seal);
  },
  print: (parts) => printParts(parts, seal),
  write: (reply, text) => void reply.header('set-cookie', rules.setRounds(text, lifetimeSeconds)),
  clear: ({ headers }, reply) => {
    if (headers.cookie?.includes(`${rules.roundsName}=`)) reply.header('set-cookie', rules.clearRounds());
  },
});
