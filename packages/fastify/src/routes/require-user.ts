import type { User } from '@foyer/contract';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { type Bff, requireBff } from '../bff.ts';
import { admit } from '../gate/admission.ts';
import { parseRequirement, type Requirement, type RequirementOptions } from '../options/requirement.ts';
import type { RouteToken } from '../options.ts';
import { replyProblem } from '../pages/problem-reply.ts';
import { personOf } from '../session/user.ts';
import { createRequestedToken, isOfPerson } from '../tokens/requested-token.ts';

const findBff = ({ server }: FastifyRequest): Bff =>
  requireBff(server, 'currentUser, requireUser and accessToken');

/**
 * The signed-in user of a request, `undefined` for anonymous visitors: every claim of the provider but those of the
 * protocol, and what `onLogin` has added, whatever the browser is shown.
 *
 * @throws Problem `store_unavailable`; Error in an instance in which the plugin is not registered.
 * @see OpenID Connect Core section 5.1
 */
export function currentUser<Claims = unknown>(request: FastifyRequest): Promise<(User & Claims) | undefined>;
/** The claims are those that the provider sends: no one but the operator knows their types. */
export async function currentUser(request: FastifyRequest): Promise<User | undefined> {
  const session = await findBff(request).sessions.current(request);
  return session && personOf(session.record);
}

/** A hook that answers, or lets the request pass. */
export type RequireUserHook = (request: FastifyRequest, reply: FastifyReply) => Promise<void>;

const createHook =
  (requirement?: Requirement): RequireUserHook =>
  async (request, reply) => {
    const bff = findBff(request);
    try {
      await admit(bff, request, { requirement });
    } catch (error) {
      await replyProblem(error, request, reply);
    }
  };

const anyUser = createHook();

/**
 * An access token for a server of your own to call an API with: the session's own, or by `token` another, as `token` of
 * an API route names it: `{ audience }`, `{ resource }`, `{ scope }`, `{ exchange }`, `'client'`.
 *
 * @throws Problem `unauthenticated` or `session_expired` where a person's token is wanted and no one is signed in,
 * `provider_error` when the provider issues none, `provider_unavailable` with `retryAfter` when it is in trouble; Error in
 * an instance in which the plugin is not registered.
 * @see RFC 8707 section 2.2; RFC 8693 section 2.1
 */
export const accessToken = async (
  request: FastifyRequest,
  token: Exclude<RouteToken, 'none'> = 'session',
): Promise<string> => {
  const { sessions, accessTokens } = findBff(request);
  const requested = createRequestedToken(token);
  const session = isOfPerson(requested) ? await sessions.require(request) : undefined;
  const found = await accessTokens.find(session, requested);
  if (found === undefined) throw new Error('accessToken was asked for no token');
  return found.accessToken;
};

/**
 * An `onRequest` or `preHandler` hook for routes of your own: answers 403 to requests from other sites and
 * 401 to anonymous visitors, as problem JSON or a page; lets the user's own requests pass. A navigation from another
 * site, the way back from the provider included, counts as an anonymous visitor's: let sign-ins return to a page that
 * needs no user.
 *
 * @throws Error in an instance in which the plugin is not registered.
 * @see RFC 10017 section 6.1.3.3; Fetch Metadata Request Headers section 2.3
 */
export function requireUser(request: FastifyRequest, reply: FastifyReply): Promise<void>;
/**
 * Makes such a hook that requires more of the session: it answers 403 `forbidden` for a missing claim or scope, 401
 * `step_up_required` for the strength or age of the sign-in.
 *
 * @throws TypeError for a requirement that no session can meet.
 * @see RFC 9470 section 3
 */
export function requireUser(requirement: RequirementOptions): RequireUserHook;
/** Both forms. */
export function requireUser(
  ...[given, reply]: readonly [RequirementOptions, undefined?] | readonly [FastifyRequest, FastifyReply]
): RequireUserHook | Promise<void> {
  return reply === undefined ? createHook(parseRequirement(given)) : anyUser(given, reply);
}
