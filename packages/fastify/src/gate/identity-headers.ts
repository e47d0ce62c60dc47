import type { Bff } from '../bff.ts';
import type { ApiRoute } from '../options.ts';
import type { Session } from '../session/session-record.ts';
import { claimsOf, findClaim } from '../session/user.ts';

/** Visible ASCII stays as it is, but for `%`: everything else is UTF-8 in percent-encoding. @see RFC 3986 section 2.1 */
const encodeText = (text: string, reserved = ''): string =>
  [...text.toWellFormed()]
    .map((character) =>
      /^[\x21-\x7e]$/.test(character) && character !== '%' && character !== reserved
        ? character
        : encodeURIComponent(character),
    )
    .join('');

const isPrintable = (value: unknown): value is string | number | boolean =>
  value !== '' && ['string', 'number', 'boolean'].includes(typeof value);

/** A claim as a header; the values of an array are separated by commas, and a comma in one of them is encoded. */
const printClaim = (value: unknown): string => {
  if (isPrintable(value)) return encodeText(String(value));
  if (!Array.isArray(value)) return '';
  return value
    .filter(isPrintable)
    .map((one) => encodeText(String(one), ','))
    .join(',');
};

/** A claim of which a header has one value, as a header: of several, the first. */
const printFirst = (claim: unknown): string => printClaim([claim].flat().find(isPrintable));

/** Headers without those that say nothing. */
export const present = (headers: Readonly<Record<string, string>>): Readonly<Record<string, string>> =>
  Object.fromEntries(Object.entries(headers).filter(([, text]) => text !== ''));

/**
 * The headers by which a route reports the person to its upstream, each made of a claim. A claim that is missing, empty or
 * an object has no header.
 *
 * @see RFC 9110 section 5.5
 */
export const createIdentityHeaders = (
  session: Pick<Session, 'record'> | undefined,
  { identity }: ApiRoute,
): Readonly<Record<string, string>> => {
  if (session === undefined || identity === undefined) return {};
  const claims = claimsOf(session);
  const printed = Object.entries(identity).map(([name, path]) => [
    name.toLowerCase(),
    printClaim(findClaim(claims, path)),
  ]);
  return present(Object.fromEntries(printed));
};

const isYes = (value: unknown): boolean => [true, 'true', 1, '1'].some((yes) => yes === value);

/**
 * Whether the email may be someone else's: the provider says that it is not verified, or it has many tenants, each of which
 * writes what it likes, and does not say that the tenant owns the domain (`xms_edov`).
 *
 * @see OpenID Connect Core section 5.1
 */
export const isEmailInDoubt = ({ providers }: Pick<Bff, 'providers'>, session: Session): boolean => {
  const { email_verified: verified, xms_edov: isOfOwnDomain } = claimsOf(session);
  const { tenants } = providers.of(session).options;
  if (tenants !== undefined) return !isYes(verified) && !isYes(isOfOwnDomain);
  return verified === false || verified === 'false';
};

/** Who is signed in, as values of headers; empty where a claim is missing. */
interface PrintedIdentity {
  /** The `sub`; with several providers behind the provider's id and a slash. */
  readonly subject: string;
  readonly name: string;
  /** Empty too where it may be someone else's. */
  readonly email: string;
  readonly username: string;
  /** Separated by commas; a comma in a name is encoded. */
  readonly groups: string;
}

/** Prints who is signed in for a server that asks the gate. */
export const printIdentity = (bff: Pick<Bff, 'providers'>, session: Session): PrintedIdentity => {
  const { sub, email, preferred_username: username, groups } = claimsOf(session);
  const { name: provider } = bff.providers.of(session);
  // Two of several providers may have the same `sub`.
  const of = provider === undefined ? '' : `${provider}/`;
  return {
    subject: `${of}${printFirst(sub)}`,
    name: encodeText(session.displayName),
    email: isEmailInDoubt(bff, session) ? '' : printFirst(email),
    username: printFirst(username),
    groups: printClaim([groups].flat()),
  };
};
