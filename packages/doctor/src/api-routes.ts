import type { ApiRoute, ResolvedOptions } from '@foyer/fastify';
import { formatDuration } from '@foyer/fastify/options';
import type { Finding } from './finding.ts';

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
export const describeRoute = ({ prefix, methods }: ApiRoute): string =>
  `${prefix}${methods === undefined ? '' : ` (${methods.join(', ')})`}`;

const describe = (route: ApiRoute): string => {
  const { upstream, identity = {} } = route;
  const names = Object.keys(identity);
  const reported = names.length === 0 ? '' : `; reports the person in ${names.join(', ')}`;
  return `${describeRoute(route)} → ${upstream} ${describeSession(route)}${reported}.`;
};

const wordsOf = (text: string | undefined): readonly string[] =>
  (text ?? '').split(' ').filter((word) => word !== '');

type ProviderOptions = ResolvedOptions['providers'][number]['options'];

const asksFor = ({ scope }: ProviderOptions, wanted: string): boolean => wordsOf(scope).includes(wanted);

/** Whether a sign-in may ask for one of these: where the operator lists `acr_values`, for those alone. */
const accepts = ({ authorizationParams }: ProviderOptions, acrValues: readonly string[]): boolean => {
  const accepted = wordsOf(authorizationParams.acr_values);
  return accepted.length === 0 || acrValues.some((acr) => accepted.includes(acr));
};

/** What no sign-in of this configuration brings, so that the route refuses everyone. */
const findUnasked = (
  { prefix, require }: ApiRoute,
  providers: readonly ProviderOptions[],
): readonly string[] => {
  const scopes = wordsOf(require?.scope).filter((scope) => !providers.some((each) => asksFor(each, scope)));
  const acrValues = [require?.acr ?? []].flat();
  const isAccepted = acrValues.length === 0 || providers.some((each) => accepts(each, acrValues));
  return [
    ...scopes.map((scope) => `${prefix} requires the scope ${scope}, which OIDC_SCOPE does not ask for.`),
    ...(isAccepted
      ? []
      : [
          `${prefix} requires an acr that acr_values of OIDC_AUTHORIZATION_PARAMS does not list: add it there.`,
        ]),
  ];
};

/** Lists the API routes and what each requires of a session. */
export const examineApiRoutes = (options: ResolvedOptions): readonly Finding[] =>
  options.apiRoutes.flatMap((route): readonly Finding[] => [
    { verdict: 'ok', subject: 'API routes', text: describe(route) },
    ...findUnasked(
      route,
      options.providers.map((each) => each.options),
    ).map((text): Finding => ({ verdict: 'note', subject: 'API routes', text })),
  ]);
