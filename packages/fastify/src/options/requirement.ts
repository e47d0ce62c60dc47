import { z } from 'zod';
import type { Refuse } from './option.ts';
import { isProtocolClaim } from './protocol-claims.ts';
import { duration } from './quantities.ts';

const claimValue = z.union([z.string(), z.number(), z.boolean()]);

/** What a session must have before a request passes; all of it is needed. */
export const requirement = z
  .strictObject({
    /** Claims by name, or by path (`realm_access.roles`): the value, or one of an array, has to be this or one of these. */
    claims: z
      .record(z.string(), z.union([claimValue, z.array(claimValue).readonly()]))
      .readonly()
      .optional(),
    /** Scopes, separated by spaces, that the provider has granted to the session's access token. */
    scope: z.string().optional(),
    /** The `acr` of the sign-in has to be this or one of these. */
    acr: z.union([z.string(), z.array(z.string()).readonly()]).optional(),
    /** How long ago the person may have signed in at the provider (`auth_time`), in seconds or as a text such as `10m`. */
    maxAge: duration(1, 366 * 86_400).optional(),
  })
  .readonly();

/** What a session must have before a request passes, as it is written. */
export type RequirementOptions = z.input<typeof requirement>;

/** What a session must have before a request passes. Durations are seconds. */
export type Requirement = z.output<typeof requirement>;

/** Values of `acr`, as a list. */
export const acrValuesOf = ({ acr = [] }: Requirement): readonly string[] => [acr].flat();

/** Protocol claims that no session keeps: requiring one would refuse everyone. */
const isUnkept = (name: string): boolean => isProtocolClaim(name) && !['acr', 'amr', 'iss'].includes(name);

const checkClaims = (claims: NonNullable<Requirement['claims']>, refuse: Refuse): void => {
  if (Object.keys(claims).length === 0) refuse('require names no claim', 'Name one, or leave claims out.');
  for (const [name, wanted] of Object.entries(claims)) {
    const values = [wanted].flat();
    if (name === '' || isUnkept(name))
      refuse(`require names the claim "${name}", which no session keeps`, 'Name another claim.');
    else if (values.length === 0 || values.includes(''))
      refuse(`require gives no value of the claim ${name}`, 'Write it as {"claims":{"groups":"admin"}}.');
  }
};

/** Scopes, separated by single spaces. @see RFC 6749 section 3.3 */
export const scopeForm = /^[\x21\x23-\x5b\x5d-\x7e]+( [\x21\x23-\x5b\x5d-\x7e]+)*$/;

/** Whether values can stand in `acr_values`, and are no more than `/login` passes on. */
export const isAcrList = (values: readonly string[]): boolean =>
  values.length > 0 &&
  values.length <= 16 &&
  values.every((value) => /^[\x21-\x7e]+$/.test(value)) &&
  values.join(' ').length <= 512;

/** Refuses a requirement that no session can meet. */
export const checkRequirement = (given: Requirement, refuse: Refuse): void => {
  const { claims, scope, acr } = given;
  if (Object.values(given).every((part) => part === undefined))
    refuse('require names nothing', 'Name claims, scope, acr or maxAge, or leave require out.');
  if (claims !== undefined) checkClaims(claims, refuse);
  if (scope !== undefined && !scopeForm.test(scope))
    refuse(
      'require has a scope that no token has',
      'Separate scopes by single spaces: users:read users:write.',
    );
  if (acr !== undefined && !isAcrList(acrValuesOf(given)))
    refuse('require has an acr that cannot be asked for', 'Give one to 16 values without spaces.');
};

/**
 * Reads what a session must have.
 *
 * @throws TypeError that says everything that is wrong with it.
 */
export const parseRequirement = (value: unknown): Requirement => {
  const { data, error } = requirement.safeParse(value);
  const problems = (error?.issues ?? []).map(({ path, ...issue }) => {
    const isUnknown = issue.code === 'unrecognized_keys';
    const problem = isUnknown ? `has a key that is not known: ${issue.keys.join(', ')}` : 'is not valid';
    return `${['require', ...path].join('.')} ${problem}`;
  });
  if (data !== undefined) checkRequirement(data, (problem) => problems.push(problem));
  if (data === undefined || problems.length > 0) throw new TypeError(problems.join('; '));
  return data;
};
