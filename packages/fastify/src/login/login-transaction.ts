import { hash } from 'node:crypto';
import { paths } from '@foyer/contract';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { ResolvedOptions } from '../options.ts';
import { Problem } from '../problems.ts';
import type { AuthorizationChecks } from '../provider/provider.ts';
import {
  type CookieSeal,
  createCookieRules,
  readCookies,
  readCookiesByPrefix,
} from '../session/session-cookie.ts';
import { parseReturnTo, type ReturnTo } from './return-to.ts';

/** A pending login: what the callback needs to know of the authorization request that it answers. */
export interface LoginTransaction {
  readonly checks: AuthorizationChecks;
  readonly returnTo: ReturnTo;
  /** The session that this browser had when the login began; the new one takes its place. */
  readonly replaces: string | undefined;
  /** Asked with `prompt=none`: "not without the user" goes back to `returnTo` instead of an error. */
  readonly isQuiet: boolean;
}

/** The logins that browsers have in flight, each in a sealed cookie of its own. @see RFC 9700 section 4.7 */
export interface LoginTransactions {
  readonly begin: (request: FastifyRequest, reply: FastifyReply, transaction: LoginTransaction) => void;
  /**
   * Takes the transaction of this `state`: its cookie is cleared with the answer, whatever that is.
   *
   * @throws Problem `login_not_started` when this browser has none of this client, `login_expired` when it is too old.
   */
  readonly take: (request: FastifyRequest, reply: FastifyReply, state: string) => LoginTransaction;
  /** Clears every login in flight of this browser. */
  readonly clear: (request: FastifyRequest, reply: FastifyReply) => void;
}

const mostInFlight = 5;
/** All pending logins together; a browser's whole `Cookie` header has to stay within what servers accept. */
const mostCharacters = 8192;

/** Cookies that one answer clears; whoever planted more on a sibling port keeps them until the next. */
const mostCleared = 20;

/** Seconds that the cookie outlives its login, so that the callback can say that it took too long. */
const explainsItselfSeconds = 86_400;

const idOf = (state: string): string => hash('sha256', state, 'base64url').slice(0, 12);

type Sealed = Readonly<Record<string, unknown>>;

const text = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined);
const texts = (value: unknown): readonly string[] | undefined =>
  Array.isArray(value) ? value.map(String) : undefined;
const count = (value: unknown): number | undefined => (typeof value === 'number' ? value : undefined);

/** What is missing when a callback has no pending login: each has another cause. */
const missingReason = (cookies: number, sealed: Sealed | undefined): string => {
  if (cookies === 0) return 'The browser sent no cookie of a pending login for the state of the callback';
  if (cookies > 1) return 'The browser sent two cookies of one pending login: one of them was planted';
  return sealed === undefined
    ? 'The cookie of the pending login does not open: another session key, or it was changed'
    : 'The pending login belongs to another issuer, client or state';
};

/** Where a login starts that ends at `returnTo`. */
export const loginAddress = (returnTo: ReturnTo, { basePath }: Pick<ResolvedOptions, 'basePath'>): string => {
  const login = `${basePath}${paths.login}`;
  return returnTo === `${basePath}/` ? login : `${login}?returnTo=${encodeURIComponent(returnTo)}`;
};

/** Makes the login transactions of one BFF. */
export const createLoginTransactions = (options: ResolvedOptions, seal: CookieSeal): LoginTransactions => {
  const rules = createCookieRules(options);
  const client = hash('sha256', JSON.stringify([options.issuer, options.clientId]), 'base64url').slice(0, 22);
  const endOf = (startedAt: number): number => startedAt + options.loginTimeout * 1000;

  const parse = (sealed: Sealed): LoginTransaction | undefined => {
    const [state, nonce, codeVerifier] = [text(sealed.state), text(sealed.nonce), text(sealed.verifier)];
    if (sealed.client !== client || state === undefined || nonce === undefined || codeVerifier === undefined)
      return undefined;
    return {
      checks: {
        state,
        nonce,
        codeVerifier,
        maxAge: count(sealed.maxAge),
        acrValues: texts(sealed.acrValues),
      },
      returnTo: parseReturnTo(sealed.returnTo, options),
      replaces: text(sealed.replaces),
      isQuiet: sealed.quiet === true,
    };
  };

  /** Every login in flight, the newest first; what does not open comes last. */
  const findPending = ({ headers }: FastifyRequest) =>
    readCookiesByPrefix(headers.cookie, rules.loginPrefix)
      .map(({ name, value }) => ({
        id: name.slice(rules.loginPrefix.length),
        size: name.length + value.length,
        startedAt: count(seal.open('login', value)?.at) ?? 0,
      }))
      .filter(({ id }) => /^[A-Za-z0-9_-]{1,64}$/.test(id))
      .sort((one, other) => other.startedAt - one.startedAt);

  const clearThese = (reply: FastifyReply, pending: readonly { readonly id: string }[]): void => {
    for (const { id } of pending.slice(0, mostCleared)) reply.header('set-cookie', rules.clearLogin(id));
  };

  /** Those to forget so that the new one fits; the oldest go first, what does not open goes before them. */
  const crowdedOut = (request: FastifyRequest, added: number) => {
    let room = mostCharacters - added;
    return findPending(request).filter(({ size, startedAt }, index) => {
      room -= size;
      return (
        index >= mostInFlight - 1 ||
        room < 0 ||
        endOf(startedAt) + explainsItselfSeconds * 1000 <= options.clock()
      );
    });
  };

  return {
    begin: (request, reply, { checks, returnTo, replaces, isQuiet }) => {
      const sealed = seal.seal('login', {
        client,
        state: checks.state,
        nonce: checks.nonce,
        verifier: checks.codeVerifier,
        maxAge: checks.maxAge,
        acrValues: checks.acrValues,
        returnTo,
        replaces,
        quiet: isQuiet,
        at: options.clock(),
      });
      clearThese(reply, crowdedOut(request, sealed.length));
      reply.header(
        'set-cookie',
        rules.setLogin(idOf(checks.state), sealed, Math.floor(options.loginTimeout) + explainsItselfSeconds),
      );
    },
    take: (request, reply, state) => {
      const id = idOf(state);
      const cookies = readCookies(request.headers.cookie, `${rules.loginPrefix}${id}`);
      if (cookies.length > 0) reply.header('set-cookie', rules.clearLogin(id));
      const sealed = cookies.length === 1 && cookies[0] ? seal.open('login', cookies[0]) : undefined;
      const transaction = sealed && parse(sealed);
      if (!sealed || transaction?.checks.state !== state) {
        throw new Problem('login_not_started', missingReason(cookies.length, sealed));
      }
      if (endOf(count(sealed.at) ?? 0) <= options.clock()) {
        throw new Problem('login_expired', 'The pending login is older than LOGIN_TIMEOUT', {
          tryAgainAt: loginAddress(transaction.returnTo, options),
        });
      }
      return transaction;
    },
    clear: (request, reply) => clearThese(reply, findPending(request)),
  };
};
