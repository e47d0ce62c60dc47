import { paths } from '@foyer/contract';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Bff } from '../bff.ts';
import { cameFromElsewhere, judgeSource } from '../browser-security/cross-site.ts';
import type { ReturnTo } from '../login/return-to.ts';
import type { Requirement } from '../options/requirement.ts';
import { Problem } from '../problems.ts';
import { requireMet } from '../session/requirement.ts';
import type { Session } from '../session/session-record.ts';
import { markAnonymous } from '../session/session-reference.ts';

/**
 * Refuses a request that another site makes; a navigation from there counts as an anonymous visitor's.
 *
 * @param method of the request that a server in front asks about. Default: that of the request itself.
 * @throws Problem `cross_site_request`.
 */
export const requireSource = ({ options }: Bff, request: FastifyRequest, method = request.method): void => {
  const verdict = judgeSource({ method, headers: request.headers }, options);
  if (verdict === 'refused')
    throw new Problem('cross_site_request', 'Fetch Metadata, Origin or X-CSRF does not allow it');
  if (verdict === 'anonymous') markAnonymous(request);
};

/** A request to admit: its method, and the requirement that its session has to meet. */
interface Admission {
  readonly method?: string;
  readonly requirement: Requirement | undefined;
}

/**
 * The session by which a request passes the gate. The headers are those of the browser, so that requests from other sites
 * are refused as everywhere else: what a server behind the gate has or does is not for strangers' pages.
 *
 * @throws Problem `cross_site_request`, `unauthenticated`, `session_expired`, `forbidden` or `step_up_required`.
 */
export const admit = async (
  bff: Bff,
  request: FastifyRequest,
  { method, requirement }: Admission,
): Promise<Session> => {
  requireSource(bff, request, method);
  const session = await bff.sessions.require(request);
  if (requirement !== undefined) requireMet(session, requirement, bff.options);
  return session;
};

/**
 * Sends a navigation to the sign-in. The Strict session cookie stays away from a navigation that another site led here, the
 * way back from the provider included: a page of ours goes on from here, and people who are signed in come straight back.
 *
 * @throws Problem `unauthenticated`, whose page goes on to the sign-in.
 */
export const sendToLogin = (
  { options }: Bff,
  reply: FastifyReply,
  { returnTo, hints = new URLSearchParams() }: { returnTo: ReturnTo; hints?: URLSearchParams },
): FastifyReply => {
  const query = new URLSearchParams([...hints, ['returnTo', returnTo]]);
  const login = `${options.publicUrl}${paths.login}?${query}`;
  if (cameFromElsewhere(reply.request))
    throw new Problem('unauthenticated', 'Another site led here: the session cookie stayed away', {
      continueAt: login,
      tryAgainAt: login,
    });
  return reply.redirect(login, 303);
};
