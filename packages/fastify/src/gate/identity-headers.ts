import type { Claims } from '../provider/provider.ts';
import type { Bff } from '../routes/bff.ts';
import type { Session } from '../session/live-session.ts';
import { claimsOf } from '../session/session-claims.ts';

/** Visible ASCII stays as it is, but for `%`: everything else is UTF-8 in percent-encoding. @see RFC 3986 section 2.1 */
export const encodeHeaderText = (text: string, reserved = ''): string =>
  [...text.toWellFormed()]
    .map((character) =>
      /^[\x21-\x7e]$/.test(character) && character !== '%' && character !== reserved
        ? character
        : encodeURIComponent(character),
    )
    .join('');

const textsOf = (value: unknown): readonly string[] =>
  [value].flat().flatMap((each) => (typeof each === 'string' && each !== '' ? [each] : []));

/** Anyone may claim an address that the provider says nobody has verified. @see OpenID Connect Core section 5.1 */
export const isEmailRefuted = ({ email_verified: verified }: Claims): boolean =>
  verified === false || verified === 'false';

/** Who is signed in, for a server that asks the gate. */
export interface Identity {
  /** The `sub`; where there are several providers, behind the id of its own: two may have the same. */
  readonly subject: string;
  readonly name: string;
  /** Missing where the provider says that it is not verified. */
  readonly email: string | undefined;
  readonly username: string | undefined;
  /** Separated by commas; a comma in a name is encoded. */
  readonly groups: string | undefined;
}

/** What the headers say of the person of this session; what its claims lack is left out. */
export const identityOf = ({ providers }: Pick<Bff, 'providers'>, session: Session): Identity => {
  const claims = claimsOf(session);
  const { name: provider } = providers.of(session);
  const first = (name: string): string | undefined => {
    const [text] = textsOf(claims[name]);
    return text === undefined ? undefined : encodeHeaderText(text);
  };
  const groups = textsOf(claims.groups).map((group) => encodeHeaderText(group, ','));
  return {
    subject: `${provider === undefined ? '' : `${provider}/`}${first('sub') ?? ''}`,
    name: encodeHeaderText(session.displayName),
    email: isEmailRefuted(claims) ? undefined : first('email'),
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
