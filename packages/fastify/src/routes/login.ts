import { paths } from '@foyer/contract';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Bff } from '../bff.ts';
import { goesTo, isPrefetch } from '../browser-security/cross-site.ts';
import { parseLoginHints, readQuery } from '../login/login-hints.ts';
import { parseReturnTo, type ReturnTo } from '../login/return-to.ts';
import { type Page, sendPage } from '../pages/page.ts';
import { Problem } from '../problems.ts';
import type { LoginHints } from '../provider/provider.ts';
import type { RegisteredProvider } from '../provider/providers.ts';
import type { Session } from '../session/session-record.ts';
import { addRoute } from './add-route.ts';

/** Prefetches, sub-resources and frames start nothing: only a person who goes somewhere signs in. */
const requireNavigation = (request: FastifyRequest): void => {
  if (goesTo(request, ['document']) && !isPrefetch(request)) return;
  throw new Problem('bad_request', 'A login starts with a top-level navigation only', {
    detail: 'Open the sign-in address as a page of its own.',
  });
};

/** A login as it was asked for. */
interface AskedLogin {
  readonly hints: LoginHints;
  readonly returnTo: ReturnTo;
  readonly session: Session | undefined;
  /** The provider that the address names. */
  readonly named: RegisteredProvider | undefined;
  /** The count of rounds that this login carries on, where no cookie can. */
  readonly counted: string | undefined;
}

/** Whether a signed-in person keeps the session: unless the link asks for another sign-in or another provider. */
const mayStay = ({ hints, session, named }: AskedLogin): boolean =>
  session !== undefined &&
  (hints.prompt ?? hints.acr_values ?? hints.max_age) === undefined &&
  (named === undefined || named.id === session.provider);

/** The provider by name, by the domain of the e-mail address, by the session, or the only one; else the person chooses. */
const chooseProvider = (
  { providers }: Bff,
  { hints, session, named }: AskedLogin,
): RegisteredProvider | undefined => {
  const [first, ...others] = providers.all;
  return (
    named ??
    providers.findByAddress(hints.login_hint) ??
    (session && providers.of(session)) ??
    (others.length === 0 ? first : undefined)
  );
};

/** The page on which people choose their provider: a link each, that keeps what was asked for. */
const createChoice = ({ options, providers }: Bff, { hints, returnTo, counted }: AskedLogin): Page => {
  const rounds = counted === undefined ? {} : { rounds: counted };
  const wishes = Object.entries({ ...hints, ...rounds }).map(([name, value]): [string, string] => [
    name,
    String(value),
  ]);
  const hrefOf = (id: string): string => {
    const query = new URLSearchParams([['provider', id], ['returnTo', returnTo], ...wishes]);
    return `${options.basePath}${paths.login}?${query}`.replaceAll('&', '&amp;');
  };
  return {
    title: 'Sign in',
    body: (say) => {
      const links = providers.all.map(({ id, label }) => `<a href="${hrefOf(id)}">${say(label)}</a>`);
      return `<p>${say('Choose where to sign in.')}</p><nav>${links.join('')}</nav>`;
    },
  };
};

const begin = async (
  { logins }: Bff,
  reply: FastifyReply,
  { hints, returnTo, session, counted, chosen }: AskedLogin & { readonly chosen: RegisteredProvider },
): Promise<FastifyReply> => {
  const { id, provider, options } = chosen;
  const { url, checks } = await provider.createAuthorizationRequest(hints, counted);
  const isQuiet = (options.authorizationParams.prompt || hints.prompt) === 'none';
  logins.begin(reply, { provider: id, checks, returnTo, replaces: session?.id, isQuiet });
  options.observe?.({ kind: 'login', outcome: 'started' });
  return reply.redirect(url, 303);
};

const answer = async (bff: Bff, reply: FastifyReply): Promise<FastifyReply> => {
  const { request } = reply;
  const { options, providers, sessions, rounds } = bff;
  const query = readQuery(request.url);
  const returnTo = parseReturnTo(query.get('returnTo'), options);
  const session = await sessions.current(request, { slide: false });
  const named = providers.find(query.get('provider'));
  const counted = session === undefined ? rounds.requireProgress(reply, returnTo) : undefined;
  if (session !== undefined) rounds.proven(reply);
  const asked = { hints: parseLoginHints(query), returnTo, session, named, counted };
  if (mayStay(asked)) return reply.redirect(returnTo, 303);
  const chosen = chooseProvider(bff, asked);
  if (chosen !== undefined) return begin(bff, reply, { ...asked, chosen });
  // With `prompt=none` no one may be asked to choose: the outcome is that of a provider that would have to ask.
  if (asked.hints.prompt === 'none') return reply.redirect(returnTo, 303);
  return sendPage(reply, createChoice(bff, asked));
};

/** `GET /login`: starts a login. @see OpenID Connect Core section 3.1.2.1 */
export const addLoginRoute = (scope: FastifyInstance, bff: Bff): void => {
  addRoute(scope, paths.login, {
    GET: async (request, reply) => {
      requireNavigation(request);
      await bff.limitRate(request);
      const corrected = bff.correctOrigin(request);
      return corrected === undefined ? answer(bff, reply) : reply.redirect(corrected, 303);
    },
  });
};
