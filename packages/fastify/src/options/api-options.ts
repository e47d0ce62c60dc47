import { z } from 'zod';
import { check, option, type Refuse } from './option.ts';
import { mayPass, mayReport } from './passed-headers.ts';
import { count, duration, size } from './quantities.ts';
import { checkRequirement, requirement, scopeForm } from './requirement.ts';
import { isHttpUrl, isResource } from './urls.ts';

/** The methods that pass where a route names none. */
export const anyMethod: readonly string[] = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'];

/** How many access tokens a session keeps beside its own: the one that was issued first goes. */
export const maxTargetTokens = 16;

const name = z.string().regex(/^[^\p{Cc}\p{Z}]+$/u, 'token has a name that is empty or holds spaces');

const target = {
  /** Name of the API at the provider. */
  audience: name.optional(),
  /** URL of the API. @see RFC 8707 section 2 */
  resource: name.optional(),
  /** Scopes, separated by spaces. @see RFC 6749 section 3.3 */
  scope: z.string().regex(scopeForm, 'token has a malformed scope').optional(),
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
const routeToken = z.union([
  z.enum(['session', 'none', 'client']),
  z.strictObject(target).readonly(),
  z.strictObject({ exchange: exchangeTarget }).readonly(),
  z.strictObject({ client: z.strictObject(target).readonly() }).readonly(),
]);

/** Which access token an API route, or a caller of `accessToken`, wants. */
export type RouteToken = z.output<typeof routeToken>;

const method = z.string().regex(/^[A-Z]+$/);
const headerName = z.string().regex(/^[A-Za-z0-9!#$%&'*+.^_`|~-]+$/);

const apiRoute = z
  .strictObject({
    /** Path that begins with `/api/`, matched on whole segments; the longest wins. */
    prefix: z.string(),
    /** http or https URL that takes the prefix's place. */
    upstream: z.string(),
    /** Whether a session is needed; `none` never sends a person's access token. Default `required`. */
    auth: z.enum(['required', 'optional', 'none']).optional(),
    /** Methods that pass; routes of one prefix have different ones. Default: all. */
    methods: z.array(method).readonly().optional(),
    /** Time until the upstream must have begun to answer, in seconds or as a text. Default: `apiTimeout`. */
    timeout: duration(0.001, 3600).optional(),
    /** Names of request headers that pass beside the ordinary ones; none by which gateways name people. Default: none. */
    passHeaders: z.array(headerName).readonly().optional(),
    /** The access token that the upstream is sent. Default: the session's own. @see RFC 8707; RFC 8693 */
    token: routeToken.optional(),
    /** Request headers for the upstream, each with the claim that it is made of. Default: none. */
    identity: z
      .record(z.string().regex(/^[A-Za-z0-9!#$%&'*+.^`|~-]+$/), z.string().min(1))
      .readonly()
      .optional(),
    /** What the session must have: claims, scopes, strength and age of the sign-in. Default: nothing. */
    require: requirement.optional(),
  })
  .readonly();

/** One API behind the BFF. @see RFC 10017 section 6.1.3.6 */
export type ApiRoute = z.output<typeof apiRoute>;

const checkPrefix = ({ prefix }: ApiRoute, refuse: Refuse): void => {
  if (!/^\/api(\/[A-Za-z0-9._~-]+)+$/.test(prefix) || /\/\.{1,2}(\/|$)/.test(prefix))
    refuse('prefix is not a plain path below /api/', 'Write it as /api/users.');
  else if (/^\/api\/me(\/|$)/.test(prefix)) refuse('/api/me belongs to Foyer', 'Choose another prefix.');
};

const checkUpstream = ({ upstream }: ApiRoute, refuse: Refuse): void => {
  const url = isHttpUrl(upstream) ? URL.parse(upstream) : null;
  if (url === null)
    refuse('upstream is not an http or https URL', 'Write it as http://localhost:4000/users.');
  else if (`${url.username}${url.password}${url.search}${url.hash}` !== '')
    refuse('upstream has credentials, a query or a fragment', 'Give scheme, host, port and path alone.');
};

const identityNames = ({ identity = {} }: ApiRoute): readonly string[] =>
  Object.keys(identity).map((name) => name.toLowerCase());

const checkIdentity = (route: ApiRoute, refuse: Refuse): void => {
  if (route.identity !== undefined && route.auth === 'none')
    refuse('identity has no person where auth is none', 'Leave auth or identity out.');
  const names = identityNames(route);
  if (new Set(names).size !== names.length)
    refuse('identity names one header twice', 'Leave one of them out.');
  for (const name of names)
    if (!mayReport(name))
      refuse(`identity names ${name}, which is not a header for claims`, 'Name it as x-user-id.');
};

const hostOf = ({ upstream }: ApiRoute): string | undefined => URL.parse(upstream)?.host;

/** An upstream believes the headers that report a person, whichever of its `routes` a call came by. */
const checkPassHeaders = (route: ApiRoute, routes: readonly ApiRoute[], refuse: Refuse): void => {
  const believed = routes.filter((other) => hostOf(other) === hostOf(route)).flatMap(identityNames);
  for (const name of route.passHeaders ?? []) {
    if (!mayPass(name.toLowerCase()))
      refuse(`passHeaders names ${name}, which upstreams believe from gateways`, 'Leave it out.');
    if (believed.includes(name.toLowerCase().replaceAll('_', '-')))
      refuse(`passHeaders would let a browser write ${name}`, 'Leave it out of passHeaders.');
  }
};

const checkRequire = ({ auth, require }: ApiRoute, refuse: Refuse): void => {
  if (require === undefined) return;
  if (auth === 'none')
    refuse('require has no session to judge where auth is none', 'Leave auth or require out.');
  checkRequirement(require, refuse);
};

const targetOf = (token: Exclude<RouteToken, string>): z.output<typeof exchangeTarget> =>
  'exchange' in token ? token.exchange : 'client' in token ? token.client : token;

const isOfPerson = (token: RouteToken): boolean =>
  typeof token === 'string' ? token === 'session' : !('client' in token);

/** Refuses a token that no provider issues, or that never reaches its API. */
const checkToken = ({ auth, token }: ApiRoute, refuse: Refuse): void => {
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
const checkNumberOfTokens = (routes: readonly ApiRoute[], refuse: Refuse): void => {
  const kept = routes.flatMap(({ token }) =>
    token === undefined || typeof token === 'string' || 'client' in token ? [] : [JSON.stringify(token)],
  );
  if (new Set(kept).size > maxTargetTokens)
    refuse(`names more than ${maxTargetTokens} tokens of a session`, 'Let routes share a token.');
};

const checkRoutes = (routes: readonly ApiRoute[], refuse: Refuse): void => {
  for (const route of routes) {
    const refuseRoute: Refuse = (problem, remedy) => refuse(`${route.prefix}: ${problem}`, remedy);
    checkPrefix(route, refuseRoute);
    checkUpstream(route, refuseRoute);
    checkPassHeaders(route, routes, refuseRoute);
    checkRequire(route, refuseRoute);
    checkIdentity(route, refuseRoute);
    checkToken(route, refuseRoute);
  }
  checkNumberOfTokens(routes, refuse);
  const taken = routes.flatMap(({ prefix, methods = anyMethod }) =>
    methods.map((method) => `${method} ${prefix}`),
  );
  if (new Set(taken).size !== taken.length)
    refuse('holds one prefix twice', 'Leave one of them out, or give them different methods.');
};

/** What is proxied, and how much of it. */
export const apiOptions = {
  /**
   * APIs behind the BFF; more keys of each: `auth`, `methods`, `timeout`, `passHeaders`, `token`, `require`, `identity`.
   * Default `[]`.
   */
  apiRoutes: option('API_ROUTES', z.array(apiRoute).readonly().superRefine(check(checkRoutes)).default([]), {
    form: 'json',
    remedy: 'Write it as [{"prefix":"/api/users","upstream":"http://localhost:4000/users"}].',
  }),
  /** Time until an upstream must have begun to answer, in seconds or as a text such as `15s`. Default 15 seconds. */
  apiTimeout: option('API_TIMEOUT', duration(0.05, 3600).default(15)),
  /** Largest request body that is passed on to an API, in bytes or as a text such as `10mb`. Default 10 MiB. */
  apiMaxBody: option('API_MAX_BODY', size().default(10 * 1024 * 1024)),
  /** `on`: `GET /gate` answers for other servers (docs/gate.md); `oauth2-proxy`: so do the paths of oauth2-proxy. Default `off`. */
  gate: option('GATE', z.enum(['off', 'on', 'oauth2-proxy'], 'is not a kind of gate').default('off')),
  /**
   * Requests per minute and client address, on `/login`, the callback and refused logout tokens (good ones do not count); 0
   * switches the limit off. Default 60.
   */
  rateLimitLogin: option('RATE_LIMIT_LOGIN', count.default(60)),
} as const;
