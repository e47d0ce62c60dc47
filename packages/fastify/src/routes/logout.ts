import { type LogoutAnswer, paths } from '@foyer/contract';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Bff } from '../bff.ts';
import { wantsPage } from '../browser-security/public-origin.ts';
import { logEvent } from '../events.ts';
import { type Page, sendPage } from '../pages/page.ts';
import { whoOf } from '../session/log-subject.ts';
import { addRoute } from './add-route.ts';

const wantsJson = (request: FastifyRequest): boolean => {
  const { accept = '*/*', 'sec-fetch-mode': mode } = request.headers;
  if (wantsPage(request)) return false;
  const isForm = request.headers['content-type']?.startsWith('application/x-www-form-urlencoded') ?? false;
  return accept.includes('application/json') || (!isForm && mode !== undefined && accept.includes('*/*'));
};

/** Signs out here; returns where the browser goes to sign out at the provider. */
const signOut = async (
  { providers, sessions, rounds }: Bff,
  reply: FastifyReply,
): Promise<string | undefined> => {
  const { request } = reply;
  const session = await sessions.close(request, reply, 'logout');
  if (session === undefined) return undefined;
  rounds.proven(reply);
  const { provider, options, name } = providers.of(session);
  const { refreshToken, idToken } = session.record.tokens;
  // The answer does not wait for it.
  void provider.revoke(refreshToken, request.log);
  options.observe?.({ kind: 'logout', by: 'user' });
  logEvent(request.log, 'logout', { session: session.id, provider: name, ...whoOf(request) });
  return provider.findEndSession(idToken);
};

const printQuestion =
  (basePath: string): Page['body'] =>
  (say) =>
    `<p>${say('This ends your session here and at the provider.')}</p><form method="post" action="${basePath}${paths.logout}"><button>${say('Sign out')}</button><a href="${basePath}/">${say('Stay signed in')}</a></form>`;

/** `POST /logout` signs out here first, then at the provider; `GET` only asks. @see OpenID Connect RP-Initiated Logout */
export const addLogoutRoute = (scope: FastifyInstance, bff: Bff): void => {
  const { options, sessions, logins } = bff;
  const home = `${options.basePath}/`;
  // Under `no-referrer` a browser without Fetch Metadata posts the form of the page with `Origin: null`.
  scope.addHook('onSend', async ({ method }, reply) => {
    if (method === 'GET' && reply.statusCode === 200) reply.header('referrer-policy', 'same-origin');
  });
  addRoute(scope, paths.logout, {
    GET: async (request, reply) => {
      const session = await sessions.current(request, { slide: false });
      if (session === undefined) return reply.redirect(home, 303);
      return sendPage(reply, { title: 'Sign out?', body: printQuestion(options.basePath) });
    },
    HEAD: async (_request, reply) => reply.type('text/html; charset=utf-8').send(),
    POST: async (request, reply) => {
      const redirectTo = (await signOut(bff, reply)) ?? home;
      const answer: LogoutAnswer = { redirectTo };
      const isJson = wantsJson(request);
      logins.clear(reply, isJson ? 0 : redirectTo.length);
      return isJson ? reply.send(answer) : reply.redirect(redirectTo, 303);
    },
  });
};
