import type { User } from '@foyer/contract';
import { isProtocolClaim } from '../options/protocol-claims.ts';
import type { ResolvedOptions } from '../options.ts';
import { isObject } from '../provider/json-object.ts';
import type { Claims } from '../provider/provider.ts';
import type { SessionRecord } from './session-record.ts';

/** The claims that the browser may see: without protocol claims, and never one named like a token. */
export const createUser = (sub: string, claims: Claims): User => {
  const user: Record<string, unknown> = {};
  for (const name of Object.keys(claims)) if (!isProtocolClaim(name)) user[name] = claims[name];
  return { ...user, sub };
};

const text = (claims: Claims, name: string): string => {
  const value = claims[name];
  return typeof value === 'string' ? value.trim() : '';
};

const otherNames = ['preferred_username', 'username', 'nickname', 'email', 'phone_number', 'sub'];

/** What to call this person: the first claim that is not blank, `sub` at last. @see OpenID Connect Core section 5.1 */
export const createDisplayName = (claims: Claims): string => {
  const givenAndFamily = `${text(claims, 'given_name')} ${text(claims, 'family_name')}`.trim();
  const names = [text(claims, 'name'), givenAndFamily, ...otherNames.map((name) => text(claims, name))];
  return names.find((name) => name !== '') ?? '';
};

/** The person as the server knows them: the claims of the provider, and those that `onLogin` has added. */
export const personOf = ({ user, shown }: Pick<SessionRecord, 'user' | 'shown'>): User =>
  shown?.add === undefined ? user : createUser(user.sub, { ...user, ...shown.add });

/** The person as the browser is shown them: without what `onLogin` hides, and only what `userClaims` lists, if it does. */
export const createShownUser = (
  record: Pick<SessionRecord, 'user' | 'shown'>,
  { userClaims }: Pick<ResolvedOptions, 'userClaims'>,
): User => {
  const person = personOf(record);
  const hidden = record.shown?.hide ?? [];
  if (userClaims === undefined && hidden.length === 0) return person;
  const names = (userClaims ?? Object.keys(person)).filter((name) => !hidden.includes(name));
  return createUser(
    person.sub,
    Object.fromEntries(names.flatMap((name) => (Object.hasOwn(person, name) ? [[name, person[name]]] : []))),
  );
};

type KeptClaims = Pick<SessionRecord, 'user' | 'shown' | 'authentication' | 'issuer'>;

/**
 * Every claim that a session keeps: those of the person, how they signed in (`acr`, `amr`, `auth_time`), and the `iss` that
 * says so: another provider may say the same of its own people.
 */
export const claimsOf = ({ record }: { readonly record: KeptClaims }): Claims => ({
  ...personOf(record),
  ...record.authentication,
  iss: record.issuer,
});

/**
 * The claim of a name, or of a path of names through nested objects: `realm_access.roles`. A name may hold dots itself
 * (`https://app.example/roles`): the longest that is there comes first. No path leads through an array.
 */
export const findClaim = (claims: Claims, path: string): unknown => {
  if (Object.hasOwn(claims, path)) return claims[path];
  for (let end = path.lastIndexOf('.'); end > 0; end = path.lastIndexOf('.', end - 1)) {
    const name = path.slice(0, end);
    const nested = Object.hasOwn(claims, name) ? claims[name] : undefined;
    if (isObject(nested)) return findClaim(nested, path.slice(end + 1));
  }
  return undefined;
};
