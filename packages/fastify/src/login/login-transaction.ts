import { hash, randomBytes } from 'node:crypto';
import { paths } from '@foyer/contract';
import type { FastifyReply } from 'fastify';
import { z } from 'zod';
import type { ResolvedOptions } from '../options.ts';
import { Problem } from '../problems.ts';
import { type AuthorizationChecks, authorizationChecks } from '../provider/provider.ts';
import { stepUpParameters } from '../session/requirement.ts';
import { createCookieRules, readCookies } from '../session/session-cookie.ts';
import { createLoginCookies } from './login-cookies.ts';
import type { LoginSeal } from './login-seal.ts';
import { parseReturnTo, type ReturnTo } from './return-to.ts';

/** What the cookie of a pending login holds. */
const sealedLogin = z.object({
  /** The issuer and client that it belongs to. */
  client: z.string(),
  checks: authorizationChecks,
  returnTo: z.string(),
  /** The session that this browser had when the login began; the new one takes its place. */
  replaces: z.string().optional(),
  /** Asked with `prompt=none`: "not without the user" goes back to `returnTo` instead of an error. */
  isQuiet: z.boolean(),
  /** Random bytes that the new session is derived from: every process can make the same one of the same callback. */
  secret: z.string(),
  /** Milliseconds since the epoch. */
  startedAt: z.number(),
});

/** A pending login: what the callback needs to know of the authorization request that it answers. */
export interface LoginTransaction extends Readonly<Omit<z.output<typeof sealedLogin>, 'client'>> {
  /** The id of the provider that answers. */
  readonly provider: string;
  readonly returnTo: ReturnTo;
}

/** What a login is begun with. */
type NewLogin = Omit<LoginTransaction, 'secret' | 'startedAt'>;

/** The logins that browsers have in flight, each in a sealed cookie of its own. @see RFC 9700 section 4.7 */
export interface LoginTransactions {
  readonly begin: (reply: FastifyReply, login: NewLogin) => void;
  /**
   * Takes the transaction of this `state`: its cookie is cleared with the answer, whatever that is.
   *
   * @throws Problem `login_not_started` when this browser has none of this client.
   */
  readonly take: (reply: FastifyReply, state: string) => LoginTransaction;
  /** @throws Problem `login_expired` when the transaction is too old. */
  readonly requireInTime: (transaction: LoginTransaction) => void;
  /** Clears the logins in flight of this browser, in an answer that has `used` characters of its own. */
  readonly clear: (reply: FastifyReply, used: number) => void;
}

const idOf = (state: string): string => hash('sha256', state, 'base64url').slice(0, 12);

/** Why a callback has no pending login; each reason has another cause. */
const missingReason = (cookies: number, sealed: object | undefined): string => {
  if (cookies === 0) return 'The browser sent no cookie of a pending login for the state of the callback';
  if (cookies > 1) return 'The browser sent two cookies of one pending login: one of them was planted';
  return sealed === undefined
    ? 'The cookie of the pending login does not open: another session key, or it was changed'
    : 'The pending login belongs to another issuer, client or state';
};

/** What the address of a login asks for, besides `returnTo`. */
interface AddressedLogin extends Partial<Pick<AuthorizationChecks, 'acrValues' | 'maxAge'>> {
  /** The count of rounds before it, for a browser that keeps no cookies. */
  readonly rounds?: string | undefined;
}

/** Where a login starts that ends at `returnTo`, and asks for the strength and age that another asked for. */
export const loginAddress = (
  returnTo: ReturnTo,
  { basePath }: Pick<ResolvedOptions, 'basePath'>,
  { acrValues = [], maxAge, rounds }: AddressedLogin = {},
): string => {
  const query = stepUpParameters({ acrValues, maxAge });
  if (returnTo !== `${basePath}/`) query.set('returnTo', returnTo);
  if (rounds !== undefined) query.set('rounds', rounds);
  return `${basePath}${paths.login}${query.size === 0 ? '' : `?${query}`}`;
};

/** A pending login belongs to its issuer and client: another configuration does not accept it. */
const nameClient = ({ issuer, clientId }: ResolvedOptions): string =>
  hash('sha256', JSON.stringify([issuer, clientId]), 'base64url').slice(0, 22);

/** Makes the login transactions of one BFF. */
export const createLoginTransactions = (options: ResolvedOptions, seal: LoginSeal): LoginTransactions => {
  const rules = createCookieRules(options);
  const cookies = createLoginCookies(options, rules, seal);
  const clients = options.providers.map((each) => ({ id: each.id, client: nameClient(each.options) }));
  const parse = (sealed: unknown): LoginTransaction | undefined => {
    const { data } = sealedLogin.safeParse(sealed);
    const found = clients.find(({ client }) => client === data?.client);
    if (data === undefined || found === undefined) return undefined;
    return { ...data, provider: found.id, returnTo: parseReturnTo(data.returnTo, options) };
  };
  return {
    begin: (reply, { provider, ...login }) => {
      const client = clients.find(({ id }) => id === provider)?.client;
      if (client === undefined) throw new Error(`There is no provider ${provider}`);
      const secret = randomBytes(32).toString('base64url');
      const sealed: z.output<typeof sealedLogin> = { ...login, client, secret, startedAt: options.clock() };
      cookies.add(reply, { id: idOf(login.checks.state), text: seal.seal('login', sealed) });
    },
    take: (reply, state) => {
      const id = idOf(state);
      const name = `${rules.loginPrefix}${id}`;
      const brought = readCookies(reply.request.headers.cookie, name);
      if (brought.length > 0) reply.header('set-cookie', rules.clear(name));
      const sealed = brought.length === 1 && brought[0] ? seal.open('login', brought[0]) : undefined;
      const transaction = parse(sealed);
      if (transaction?.checks.state === state) return transaction;
      throw new Problem('login_not_started', missingReason(brought.length, sealed));
    },
    requireInTime: ({ startedAt }) => {
      if (startedAt + options.loginTimeout * 1000 <= options.clock())
        throw new Problem('login_expired', 'The pending login is older than LOGIN_TIMEOUT');
    },
    clear: cookies.clear,
  };
};
