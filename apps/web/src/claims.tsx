import type { User } from '@foyer/contract';
import type { ReactNode } from 'react';
import { Icon } from './icons.tsx';
import { RelativeTime } from './relative-time.tsx';

const labels: ReadonlyMap<string, string> = new Map([
  ['name', 'Name'],
  ['username', 'Username'],
  ['preferred_username', 'Username'],
  ['nickname', 'Nickname'],
  ['email', 'E-mail'],
  ['phone_number', 'Phone'],
  ['birthdate', 'Birthdate'],
  ['locale', 'Language'],
  ['zoneinfo', 'Time zone'],
  ['website', 'Website'],
  ['profile', 'Profile page'],
  ['groups', 'Groups'],
  ['roles', 'Roles'],
  ['updated_at', 'Last changed'],
]);

const pageClaims: ReadonlySet<string> = new Set(['website', 'profile']);

const isTexts = (value: unknown): value is readonly string[] =>
  Array.isArray(value) && value.length > 0 && value.every((item) => typeof item === 'string');

/** A whole date in words; a provider may leave out the year, or all but the year. @see OpenID Connect Core section 5.1 */
const showDate = (value: string): string => {
  const date = new Date(/^[1-9]\d{3}-\d\d-\d\d$/.test(value) ? value : Number.NaN);
  return Number.isFinite(date.getTime())
    ? date.toLocaleDateString(undefined, { dateStyle: 'long', timeZone: 'UTC' })
    : value;
};

const showLanguage = (value: string): string => {
  try {
    return new Intl.DisplayNames(undefined, { type: 'language' }).of(value.replace('_', '-')) ?? value;
  } catch {
    return value;
  }
};

const inWords: ReadonlyMap<string, (value: string) => string> = new Map([
  ['birthdate', showDate],
  ['locale', showLanguage],
]);

/** A claim by its kind: a time, a list, the address of a page (https alone), or text. `undefined` shows nothing. */
const showClaim = (name: string, value: unknown): ReactNode => {
  if (name === 'updated_at')
    return typeof value === 'number' && Number.isFinite(new Date(value * 1000).getTime()) ? (
      <RelativeTime at={new Date(value * 1000).toISOString()} />
    ) : undefined;
  if (isTexts(value))
    return (
      <span className="row">
        {value.map((item) => (
          <em key={item} className="badge">
            {item}
          </em>
        ))}
      </span>
    );
  if (typeof value !== 'string' || value === '') return undefined;
  const isPage = pageClaims.has(name) && /^https:\/\//i.test(value);
  return isPage ? (
    <a href={value} rel="noreferrer">
      {value}
    </a>
  ) : (
    (inWords.get(name)?.(value) ?? value)
  );
};

/** The claims that people know by name, each with whether the provider has verified it. */
export const Claims = ({ user }: { readonly user: User }): ReactNode => {
  const shown = [...labels].flatMap(([name, label]) => {
    const value = showClaim(name, user[name]);
    return value === undefined ? [] : [{ name, label, value }];
  });
  if (shown.length === 0)
    return <p className="soft">The provider sends nothing about you but an identifier.</p>;
  return (
    <dl>
      {shown.map(({ name, label, value }) => (
        <div key={name}>
          <dt>{label}</dt>
          <dd className="row">
            <span>{value}</span>
            {user[`${name}_verified`] === true && (
              <em className="badge">
                <Icon name="check" />
                verified
              </em>
            )}
          </dd>
        </div>
      ))}
    </dl>
  );
};
