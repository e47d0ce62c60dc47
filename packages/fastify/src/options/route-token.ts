import { z } from 'zod';
import type { Refuse } from './option.ts';
import { parseUrl } from './urls.ts';

/** How many access tokens a session keeps beside its own: the one that was issued first goes. */
export const maxTargetTokens = 16;

const name = z.string().regex(/^[^\p{Cc}\p{Z}]+$/u, 'token has a name that is empty or holds spaces');
const scope = z
  .string()
  .regex(/^[\x21\x23-\x5b\x5d-\x7e]+( [\x21\x23-\x5b\x5d-\x7e]+)*$/, 'token has a scope that is none');

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
  readonly prefix: string;
  readonly auth?: 'required' | 'optional' | 'none' | undefined;
  readonly token?: RouteToken | undefined;
}

const targetOf = (token: Exclude<RouteToken, string>): z.output<typeof exchangeTarget> =>
  'exchange' in token ? token.exchange : 'client' in token ? token.client : token;

const isOfPerson = (token: RouteToken): boolean =>
  typeof token === 'string' ? token === 'session' : !('client' in token);

const checkTarget = ({ prefix, token }: RouteWithToken, refuse: Refuse): void => {
  if (token === undefined || typeof token === 'string') return;
  const { resource, ...names } = targetOf(token);
  if (resource === undefined && Object.values(names).every((value) => value === undefined))
    refuse(`${prefix}: token names no audience, resource or scope`, 'Write it as {"audience":"orders"}.');
  const url = resource === undefined ? undefined : parseUrl(resource);
  if (resource !== undefined && (url === undefined || resource.includes('#')))
    refuse(`${prefix}: token has a resource that is no URL`, 'Give a whole URL without a fragment.');
};

/** Refuses tokens that no provider issues, that never reach their API, or that a session has no room for. */
export const checkTokens = (routes: readonly RouteWithToken[], refuse: Refuse): void => {
  for (const route of routes) {
    checkTarget(route, refuse);
    const { prefix, auth, token } = route;
    if (auth === 'none' && token !== undefined && isOfPerson(token))
      refuse(
        `${prefix}: with auth none no person’s token is sent`,
        'Leave token out, or let auth be optional.',
      );
  }
  const kept = routes.flatMap(({ token }) =>
    token === undefined || typeof token === 'string' || 'client' in token ? [] : [JSON.stringify(token)],
  );
  if (new Set(kept).size > maxTargetTokens)
    refuse(`names more than ${maxTargetTokens} tokens of a session`, 'Let routes share a token.');
};
