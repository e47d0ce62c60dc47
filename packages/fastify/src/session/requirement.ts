import { paths } from '@foyer/contract';
import { acrValuesOf, type Requirement } from '../options/requirement.ts';
import type { ResolvedOptions } from '../options.ts';
import { Problem } from '../problems.ts';
import type { Claims } from '../provider/provider.ts';
import { parseAuthentication, type Session } from './session-record.ts';
import { claimsOf, createUser, findClaim } from './user.ts';

type Times = Pick<ResolvedOptions, 'clock' | 'clockTolerance'>;

/** What a requirement is judged by: every claim of a session, and the scopes that its access token was granted. */
interface SignIn {
  readonly claims: Claims;
  readonly scope: string | undefined;
}

const findMissingClaims = ({ claims: held }: SignIn, { claims = {} }: Requirement): readonly string[] =>
  Object.entries(claims)
    .filter(([path, wanted]) => {
      const accepted: readonly unknown[] = [wanted].flat();
      return ![findClaim(held, path)].flat().some((value) => accepted.includes(value));
    })
    .map(([path, wanted]) => `The claim ${path} is not ${[wanted].flat().join(' or ')}`);

const findMissingScope = (
  { scope: granted = '' }: SignIn,
  { scope = '' }: Requirement,
): readonly string[] => {
  const missing = scope.split(' ').filter((one) => !granted.split(' ').includes(one));
  return scope === '' || missing.length === 0
    ? []
    : [`The access token was not granted the scope ${missing.join(' ')}`];
};

const findWeakness = ({ claims: { acr } }: SignIn, given: Requirement): readonly string[] => {
  const accepted = acrValuesOf(given);
  if (accepted.length === 0 || (typeof acr === 'string' && accepted.includes(acr))) return [];
  return [`The acr of the sign-in is not ${accepted.join(' or ')}`];
};

/** A sign-in without `auth_time` counts as too old: a provider that is asked with `max_age` sends it. */
const findAge = (
  { claims: { auth_time: signedInAt } }: SignIn,
  { maxAge }: Requirement,
  { clock, clockTolerance }: Times,
): readonly string[] => {
  if (maxAge === undefined) return [];
  if (typeof signedInAt !== 'number') return ['The time of the sign-in is not known'];
  const ageSeconds = clock() / 1000 - signedInAt;
  const isFresh = ageSeconds <= maxAge + clockTolerance && ageSeconds >= -clockTolerance;
  return isFresh ? [] : [`The sign-in is not of the last ${maxAge} seconds`];
};

/** The strength and age of a sign-in that is asked for. */
export interface StepUp {
  readonly acrValues: readonly string[];
  /** Seconds. */
  readonly maxAge: number | undefined;
}

/** The parameters of `/login` that ask for it. @see RFC 9470 section 4 */
export const stepUpParameters = ({ acrValues, maxAge }: StepUp): URLSearchParams => {
  const asked = new URLSearchParams();
  if (acrValues.length > 0) asked.set('acr_values', acrValues.join(' '));
  if (maxAge !== undefined) asked.set('max_age', String(Math.floor(maxAge)));
  return asked;
};

/** Where a login starts that asks for it, below the base path; for any new sign-in where nothing more is known. */
export const stepUpAddress = (asked: StepUp): string => {
  const parameters = stepUpParameters(asked);
  return `${paths.login}?${parameters.size === 0 ? 'prompt=login' : parameters}`;
};

/**
 * Refuses a session that lacks something of what is required. What is missing goes to the log alone.
 *
 * @throws Problem `forbidden` for a claim or scope, `step_up_required` for the strength or age of the sign-in.
 * @see RFC 9470 section 3
 */
export const requireMet = (session: Pick<Session, 'record'>, given: Requirement, times: Times): void => {
  const signIn = { claims: claimsOf(session), scope: session.record.tokens.scope };
  const [refusal] = [...findMissingClaims(signIn, given), ...findMissingScope(signIn, given)];
  if (refusal !== undefined) throw new Problem('forbidden', refusal);
  const [shortfall] = [...findWeakness(signIn, given), ...findAge(signIn, given, times)];
  if (shortfall === undefined) return;
  throw new Problem('step_up_required', shortfall, {
    loginUrl: stepUpAddress({ acrValues: acrValuesOf(given), maxAge: given.maxAge }),
  });
};

/**
 * Everything that a session of these claims would lack just after its sign-in, for an examination before anybody signs in.
 * `claims` are those of an ID token or of userinfo.
 */
export const findLacking = ({ claims, scope }: SignIn, given: Requirement): readonly string[] => {
  const authentication = parseAuthentication(claims);
  const user = createUser(typeof claims.sub === 'string' ? claims.sub : '', claims);
  const record = { user, authentication, issuer: typeof claims.iss === 'string' ? claims.iss : '' };
  const signIn = { claims: claimsOf({ record }), scope };
  const justThen = { clock: () => (authentication.auth_time ?? 0) * 1000, clockTolerance: 0 };
  return [
    ...findMissingClaims(signIn, given),
    ...findMissingScope(signIn, given),
    ...findWeakness(signIn, given),
    ...findAge(signIn, given, justThen),
  ];
};
