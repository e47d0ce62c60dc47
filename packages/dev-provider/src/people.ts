/** A demo person, who can sign in to the development provider with one click. */
export interface Person {
  readonly accountId: string;
  /** The label of the person's button on the sign-in page. */
  readonly label: string;
  /** What the person is for, in a few words. */
  readonly purpose?: string;
  readonly claims: Readonly<Record<string, unknown>>;
}

/** The demo people: full claims, one who may only read, a name beyond ASCII, and one without name or e-mail address. */
export const people: readonly Person[] = [
  {
    accountId: 'ada',
    label: 'Ada Lovelace',
    purpose: 'Every claim, e-mail verified',
    claims: {
      name: 'Ada Lovelace',
      given_name: 'Ada',
      family_name: 'Lovelace',
      nickname: 'Ada',
      preferred_username: 'ada',
      email: 'ada@example.com',
      email_verified: true,
      locale: 'en-GB',
      zoneinfo: 'Europe/London',
      birthdate: '1815-12-10',
      phone_number: '+44 20 7946 0815',
      phone_number_verified: true,
      updated_at: 1_700_000_000,
      groups: ['editors', 'mathematicians'],
    },
  },
  {
    accountId: 'grace',
    label: 'Grace Hopper',
    purpose: 'Reads only',
    claims: {
      name: 'Grace Hopper',
      given_name: 'Grace',
      family_name: 'Hopper',
      preferred_username: 'grace',
      email: 'grace@example.com',
      email_verified: true,
      groups: ['readers'],
    },
  },
  {
    accountId: 'jose',
    label: 'José Núñez',
    purpose: 'Accents, e-mail not verified',
    claims: {
      name: 'José Núñez',
      given_name: 'José',
      family_name: 'Núñez',
      preferred_username: 'jose',
      email: 'jose@example.com',
      email_verified: false,
      groups: ['editors'],
    },
  },
  {
    accountId: 'nameless',
    label: 'Someone without a name',
    purpose: 'No name, no e-mail',
    claims: { phone_number: '+1 555 0100', phone_number_verified: false, groups: ['editors'] },
  },
];

const typedPrefix = 'typed.';

/** The account id of a typed name; `undefined` unless the name has 1 to 60 characters. */
export function parseTypedName(typed: unknown): string | undefined {
  if (typeof typed !== 'string') return undefined;
  const name = typed.trim();
  const bytes = Buffer.from(name);
  const isName = name !== '' && [...name].length <= 60 && bytes.length <= 180 && !/\p{Cc}/u.test(name);
  return isName ? `${typedPrefix}${bytes.toString('base64url')}` : undefined;
}

/** The person of an account: a demo person, or one made from the typed name. */
export function findPerson(accountId: string): Person | undefined {
  if (!accountId.startsWith(typedPrefix)) return people.find((person) => person.accountId === accountId);
  const name = Buffer.from(accountId.slice(typedPrefix.length), 'base64url').toString();
  return parseTypedName(name) === accountId ? { accountId, label: name, claims: { name } } : undefined;
}
