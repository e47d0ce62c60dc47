import { z } from 'zod';
import type { Refuse } from './option.ts';
import { scopeForm } from './requirement.ts';
import { isResource } from './urls.ts';

/** How many access tokens a session keeps beside its own: the one that was issued first goes. */
export const maxTargetTokens = 16;

const name = z.string().regex(/^[^\p{Cc}\p{Z}]+$/u, 'token has a name that is empty or holds spaces');
const scope = z.string().regex(scopeForm, 'token has a malformed scope');

const target = {
  /** Name of the API at the provider. */
  audience: name.optional(),
  /** URL of the API. @see RFC 8707 section 2 */
  resource: name.optional(),
  /** Scopes, separated by spaces. @see RFC 6749 section 3.3 */
  scope: scope.optional(),
} as const;

const exchangeTarget = z
  .strictObject({
    ...target,
    /** Kind of token that the exchange shall bring: a URN. @see RFC 8693 section 3 */
    requestedTokenType: name.optional(),
  })
  .readonly();

/**
 * The access token that an API is sent: the session's own, none, one for an audience, resource or scope of its own by
 * the session's refresh token (RFC 8707), one that the session's is exchanged for (RFC 8693), or one of the client itself.
 */
export const routeToken = z.union([
  z.enum(['session', 'none', 'client']),
  z.strictObject(target).readonly(),
  z.strictObject({ exchange: exchangeTarget }).readonly(),
  z.strictObject({ client: z.strictObject(target).readonly() }).readonly(),
]);

/** Which access token an API route, or a caller of `accessToken`, wants. */
export type RouteToken = z.output<typeof routeToken>;

interface RouteWithToken {
  readonly auth?: 'required' | 'optional' | 'none' | undefined;
  readonly token?: RouteToken | undefined;
}

const targetOf = (token: Exclude<RouteToken, string>): z.output<typeof exchangeTarget> =>
  'exchange' in token ? token.exchange : 'client' in token ? token.client : token;

const isOfPerson = (token: RouteToken): boolean =>
  typeof token === 'string' ? token === 'session' : !('client' in token);

/** Refuses a token that no provider issues, or that never reaches its API. */
export const checkToken = ({ auth, token }: RouteWithToken, refuse: Refuse): void => {
  if (token === undefined) return;
  if (auth === 'none' && isOfPerson(token))
    refuse('with auth none no person’s token is sent', 'Leave token out, or let auth be optional.');
  if (typeof token === 'string') return;
  const target = targetOf(token);
  if (Object.values(target).every((part) => part === undefined))
    refuse('token names no audience, resource or scope', 'Write it as {"audience":"orders"}.');
  if (target.resource !== undefined && !isResource(target.resource))
    refuse('token has a resource that is no URL', 'Give a whole URL without a fragment.');
};

/** Refuses more tokens than a session has room for. */
export const checkNumberOfTokens = (routes: readonly RouteWithToken[], refuse: Refuse): void => {
  const kept = routes.flatMap(({ token }) =>
    token === undefined || typeof token === 'string' || 'client' in token ? [] : [JSON.stringify(token)],
  );
  if (new Set(kept).size > maxTargetTokens)
    refuse(`names more than ${maxTargetTokens} tokens of a session`, 'Let routes share a token.');
};
