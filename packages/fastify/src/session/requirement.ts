import { paths } from '@foyer/contract';
import { acrValuesOf, type Requirement } from '../options/requirement.ts';
import type { ResolvedOptions } from '../options.ts';
import { Problem } from '../problems.ts';
import type { Session } from './live-session.ts';
import { claimsOf, findClaim } from './session-claims.ts';
import type { Authentication } from './session-record.ts';

type Times = Pick<ResolvedOptions, 'clock' | 'clockTolerance'>;
type Judged = Pick<Session, 'record'>;

const findMissingClaim = (session: Judged, { claims = {} }: Requirement): string | undefined => {
  const held = claimsOf(session);
  const missing = Object.entries(claims).find(([path, wanted]) => {
    const accepted: readonly unknown[] = [wanted].flat();
    return ![findClaim(held, path)].flat().some((value) => accepted.includes(value));
  });
  return missing && `The claim ${missing[0]} is not ${[missing[1]].flat().join(' or ')}`;
};

const findMissingScope = ({ record }: Judged, { scope = '' }: Requirement): string | undefined => {
  const granted = (record.tokens.scope ?? '').split(' ');
  const missing = scope.split(' ').filter((one) => !granted.includes(one));
  return scope === '' || missing.length === 0
    ? undefined
    : `The access token was not granted the scope ${missing.join(' ')}`;
};

const findWeakness = ({ acr }: Authentication, given: Requirement): string | undefined => {
  const accepted = acrValuesOf(given);
  if (accepted.length === 0 || (typeof acr === 'string' && accepted.includes(acr))) return undefined;
  return `The acr of the sign-in is not ${accepted.join(' or ')}`;
};

/** A sign-in whose time the provider does not say is too old: it says it when it is asked with `max_age`. */
const findAge = (
  { auth_time: signedInAt }: Authentication,
  { maxAge }: Requirement,
  { clock, clockTolerance }: Times,
): string | undefined => {
  if (maxAge === undefined) return undefined;
  if (typeof signedInAt !== 'number') return 'The time of the sign-in is not known';
  const ageSeconds = clock() / 1000 - signedInAt;
  const isFresh = ageSeconds <= maxAge + clockTolerance && ageSeconds >= -clockTolerance;
  return isFresh ? undefined : `The sign-in is not of the last ${maxAge} seconds`;
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
export const requireMet = (session: Judged, given: Requirement, times: Times): void => {
  const refusal = findMissingClaim(session, given) ?? findMissingScope(session, given);
  if (refusal !== undefined) throw new Problem('forbidden', refusal);
  const signIn = session.record.authentication ?? {};
  const shortfall = findWeakness(signIn, given) ?? findAge(signIn, given, times);
  if (shortfall === undefined) return;
  throw new Problem('step_up_required', shortfall, {
    loginUrl: stepUpAddress({ acrValues: acrValuesOf(given), maxAge: given.maxAge }),
  });
};
