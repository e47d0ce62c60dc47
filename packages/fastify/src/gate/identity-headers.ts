import type { Bff } from '../bff.ts';
import type { Session } from '../session/session-record.ts';
import { claimsOf, encodeHeaderText } from '../session/user.ts';

const textsOf = (value: unknown): readonly string[] =>
  [value].flat().flatMap((each) => (typeof each === 'string' && each !== '' ? [each] : []));

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

/** Who is signed in, for a server that asks the gate. */
export interface Identity {
  /** The `sub`; where there are several providers, behind the id of its own: two may have the same. */
  readonly subject: string;
  readonly name: string;
  /** Missing where it is in doubt. */
  readonly email: string | undefined;
  readonly username: string | undefined;
  /** Separated by commas; a comma in a name is encoded. */
  readonly groups: string | undefined;
}

/** What the headers say of the person of this session; what its claims lack is left out. */
export const identityOf = (bff: Pick<Bff, 'providers'>, session: Session): Identity => {
  const claims = claimsOf(session);
  const { name: provider } = bff.providers.of(session);
  const first = (name: string): string | undefined => {
    const [text] = textsOf(claims[name]);
    return text === undefined ? undefined : encodeHeaderText(text);
  };
  const groups = textsOf(claims.groups).map((group) => encodeHeaderText(group, ','));
  return {
    subject: `${provider === undefined ? '' : `${provider}/`}${first('sub') ?? ''}`,
    name: encodeHeaderText(session.displayName),
    email: isEmailInDoubt(bff, session) ? undefined : first('email'),
    username: first('preferred_username'),
    groups: groups.length === 0 ? undefined : groups.join(','),
  };
};

/** The headers of which the value is known. */
export const present = (
  headers: Readonly<Record<string, string | undefined>>,
): Readonly<Record<string, string>> =>
  Object.fromEntries(
    Object.entries(headers).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
  );
