import { readFileSync } from 'node:fs';
import { codeOf } from '@foyer/environment';
import type { ApiRoute, ResolvedOptions } from '@foyer/fastify';
import { formatDuration } from '@foyer/fastify/options';
import { isObject, parseObject } from '@foyer/fastify/provider';
import { findLacking } from '@foyer/fastify/requirement';
import { about, type Finding } from './finding.ts';

const { ok, note, bad } = about('API routes');

type Requirement = NonNullable<ApiRoute['require']>;

const listOf = (value: unknown): string => [value].flat().map(String).join(' or ');

const describeRequirement = ({ claims = {}, scope, acr, maxAge }: Requirement): readonly string[] => [
  ...Object.entries(claims).map(([name, wanted]) => `the claim ${name} to be ${listOf(wanted)}`),
  ...(scope === undefined ? [] : [`the scope ${scope}`]),
  ...(acr === undefined ? [] : [`acr ${listOf(acr)}`]),
  ...(maxAge === undefined ? [] : [`a sign-in of the last ${formatDuration(Math.round(maxAge))}`]),
];

const describeSession = ({ auth = 'required', require }: ApiRoute): string => {
  if (auth === 'none') return 'is open to everyone';
  if (require !== undefined)
    return `needs a session, and requires ${describeRequirement(require).join(', and ')}`;
  return auth === 'required' ? 'needs a session' : 'takes a session where there is one';
};

/** The prefix of a route, and its methods where it has not all. */
const describeRoute = ({ prefix, methods }: ApiRoute): string =>
  `${prefix}${methods === undefined ? '' : ` (${methods.join(', ')})`}`;

const describe = (route: ApiRoute): string => {
  const { upstream, identity = {} } = route;
  const names = Object.keys(identity);
  const reported = names.length === 0 ? '' : `; reports the person in ${names.join(', ')}`;
  return `${describeRoute(route)} → ${upstream} ${describeSession(route)}${reported}.`;
};

const wordsOf = (text: string | undefined): readonly string[] =>
  (text ?? '').split(' ').filter((word) => word !== '');

/** Whether a sign-in may ask for one of these: where the operator lists `acr_values`, for those alone. */
const accepts = ({ authorizationParams }: ResolvedOptions, acrValues: readonly string[]): boolean => {
  const accepted = wordsOf(authorizationParams.acr_values);
  return accepted.length === 0 || acrValues.some((acr) => accepted.includes(acr));
};

/** What no sign-in of this configuration brings, so that the route refuses everyone. */
const findUnasked = ({ prefix, require }: ApiRoute, { providers }: ResolvedOptions): readonly Finding[] => {
  const scopes = wordsOf(require?.scope).filter(
    (scope) => !providers.some(({ options }) => wordsOf(options.scope).includes(scope)),
  );
  const acrValues = [require?.acr ?? []].flat();
  const isAccepted = acrValues.length === 0 || providers.some(({ options }) => accepts(options, acrValues));
  const acr = 'an acr that acr_values of OIDC_AUTHORIZATION_PARAMS does not list: add it there';
  return [
    ...scopes.map((scope) => `the scope ${scope}, which OIDC_SCOPE does not ask for`),
    ...(isAccepted ? [] : [acr]),
  ].map((what) => note(`${prefix} requires ${what}.`));
};

/** Lists the API routes and what each requires of a session. */
export const examineApiRoutes = (options: ResolvedOptions): readonly Finding[] =>
  options.apiRoutes.flatMap((route) => [ok(describe(route)), ...findUnasked(route, options)]);

type Sample = Parameters<typeof findLacking>[0];

/** The claims of an ID token or of userinfo, an answer of `/api/me`, or a token response with its `scope`. */
const parseSample = (text: string, usualScope: string): Sample | undefined => {
  const value = parseObject(text);
  if (value === undefined) return undefined;
  const { user, scope = usualScope } = value;
  const claims = isObject(user) ? user : value;
  return { claims, scope: typeof scope === 'string' ? scope : usualScope };
};

const readSample = (file: string, usualScope: string): Sample | Finding => {
  try {
    const what = 'holds no JSON object: give the claims of an ID token, or what /api/me answers.';
    return parseSample(readFileSync(file, 'utf8'), usualScope) ?? bad(`${file} ${what}`);
  } catch (error) {
    const reason = codeOf(error) ?? 'unknown';
    return bad(`${file} cannot be read (${reason}). Give the path of a file with claims.`);
  }
};

const namesOf = ({ claims = {}, scope, acr, maxAge }: Requirement): string =>
  [
    ...Object.keys(claims),
    ...(scope === undefined ? [] : ['scope']),
    ...(acr === undefined ? [] : ['acr']),
    ...(maxAge === undefined ? [] : ['auth_time']),
  ].join(', ');

/** Says for each API route that requires something whether the sign-in in `file` meets it, by what, or what it lacks. */
export const examineSample = (file: string, { apiRoutes, scope }: ResolvedOptions): readonly Finding[] => {
  const sample = readSample(file, scope);
  if ('verdict' in sample) return [sample];
  return apiRoutes.flatMap((route) => {
    if (route.require === undefined) return [];
    const lacking = findLacking(sample, route.require);
    return lacking.length === 0
      ? ok(`${describeRoute(route)}: the sample sign-in may, by ${namesOf(route.require)}.`)
      : note(`${describeRoute(route)}: the sample sign-in may not. ${lacking.join('. ')}.`);
  });
};
