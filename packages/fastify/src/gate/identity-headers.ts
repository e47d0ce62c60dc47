import type { Claims } from '../provider/provider.ts';
import type { Session } from '../session/live-session.ts';

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

/** Who is signed in, for a server that asks the gate. */
export interface Identity {
  readonly subject: string;
  readonly name: string;
  readonly email: string | undefined;
  readonly username: string | undefined;
  /** Separated by commas; a comma in a name is encoded. */
  readonly groups: string | undefined;
}

/** What the headers say of the person of this session; what its claims lack is left out. */
export const identityOf = ({ displayName }: Session, claims: Claims): Identity => {
  const first = (name: string): string | undefined => {
    const [text] = textsOf(claims[name]);
    return text === undefined ? undefined : encodeHeaderText(text);
  };
  const groups = textsOf(claims.groups).map((group) => encodeHeaderText(group, ','));
  return {
    subject: first('sub') ?? '',
    name: encodeHeaderText(displayName),
    email: first('email'),
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
