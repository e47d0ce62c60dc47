import type { IncomingHttpHeaders } from 'node:http';
import { paths } from '@foyer/contract';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { parseLoginHints, readQuery } from '../login/login-hints.ts';
import { parseReturnTo } from '../login/return-to.ts';
import { Problem } from '../problems.ts';
import { addRoute, type Bff } from './bff.ts';

/** A service worker that passes a navigation on sends mode `navigate` with an empty destination. @see Fetch section 2.2.5 */
const isForTopLevel = ({
  'sec-fetch-dest': destination,
  'sec-fetch-mode': mode,
}: IncomingHttpHeaders): boolean =>
  destination === undefined || destination === 'document' || (destination === 'empty' && mode === 'navigate');

/** Prefetches, sub-resources and frames start nothing: only a person who goes somewhere signs in. */
const requireNavigation = ({ headers }: FastifyRequest): void => {
  const purpose = `${headers['sec-purpose'] ?? ''} ${headers.purpose ?? ''}`;
  if (/prefetch|prerender|preview/i.test(purpose) || !isForTopLevel(headers)) {
    throw new Problem('bad_request', 'A login starts with a top-level navigation only', {
      detail: 'Open the sign-in address as a page of its own.',
    });
  }
};

const answer = async (bff: Bff, request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> => {
  const { options, provider, sessions, logins, rounds } = bff;
  const query = readQuery(request.url);
  const returnTo = parseReturnTo(query.get('returnTo'), options);
  const hints = parseLoginHints(query);
  const session = await sessions.current(request, { slide: false });
  const asksAgain = hints.prompt ?? hints.acr_values ?? hints.max_age;
  if (session === undefined) rounds.requireProgress(request, reply, returnTo);
  else rounds.proven(request, reply, session);
  if (session !== undefined && asksAgain === undefined) return reply.redirect(returnTo, 303);
  const { url, checks } = await provider.createAuthorizationRequest(hints);
  const isQuiet = (options.authorizationParams.prompt || hints.prompt) === 'none';
  logins.begin(request, reply, { checks, returnTo, replaces: session?.id, isQuiet });
  options.observe?.({ kind: 'login', outcome: 'started' });
  return reply.redirect(url, 303);
};

/** `GET /login`: starts a login. @see OpenID Connect Core section 3.1.2.1 */
export const addLoginRoute = (scope: FastifyInstance, bff: Bff): void => {
  addRoute(scope, paths.login, {
    GET: async (request, reply) => {
      requireNavigation(request);
      await bff.limitRate(request);
      reply.header('cache-control', 'no-store');
      const corrected = bff.correctOrigin(request);
      return corrected === undefined ? answer(bff, request, reply) : reply.redirect(corrected, 303);
    },
  });
};
