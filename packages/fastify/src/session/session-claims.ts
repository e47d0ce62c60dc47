import type { Claims } from '../provider/provider.ts';
import type { SessionRecord } from './session-record.ts';
import { personOf } from './user.ts';

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

const isObject = (value: unknown): value is Claims =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

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

/** Visible ASCII stays as it is, but for `%`: everything else is UTF-8 in percent-encoding. @see RFC 3986 section 2.1 */
export const encodeHeaderText = (text: string, reserved = ''): string =>
  [...text.toWellFormed()]
    .map((character) =>
      /^[\x21-\x7e]$/.test(character) && character !== '%' && character !== reserved
        ? character
        : encodeURIComponent(character),
    )
    .join('');
