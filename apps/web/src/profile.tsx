import { useSession } from '@foyer/client/react';
import type { MeSession, User } from '@foyer/contract';
import type { ReactNode } from 'react';
import { Link } from 'react-router-dom';
import { PageHeading } from './page-heading.tsx';

const wellKnown = [
  ['name', 'Name'],
  ['username', 'Username'],
  ['preferred_username', 'Username'],
  ['email', 'E-mail'],
  ['phone_number', 'Phone'],
  ['locale', 'Language'],
  ['zoneinfo', 'Time zone'],
] as const;

const initialsOf = (displayName: string): string =>
  displayName
    .split(/\s+/)
    .filter((_word, index, words) => index === 0 || index === words.length - 1)
    .map((word) => [...word][0]?.toUpperCase() ?? '')
    .join('');

const Claims = ({ user }: { readonly user: User }): ReactNode => (
  <dl>
    {wellKnown.map(([claim, label]) => {
      const value = user[claim];
      return typeof value !== 'string' || value === '' ? null : (
        <div key={claim}>
          <dt>{label}</dt>
          <dd>{value}</dd>
        </div>
      );
    })}
  </dl>
);

const Limits = ({ session }: { readonly session: MeSession }): ReactNode => (
  <p className="soft">
    This session ends at{' '}
    <time dateTime={session.expiresAt}>{new Date(session.expiresAt).toLocaleString()}</time> at the latest, or
    when it is not used. <Link to="/sessions">Where you are signed in</Link>
  </p>
);

/** The profile of the signed-in user. */
export const Profile = (): ReactNode => {
  const session = useSession();
  if (session.status !== 'signed-in') return null;
  const { user, displayName } = session;
  return (
    <section className="profile">
      <div className="person">
        <span className="initials" aria-hidden="true">
          {initialsOf(displayName)}
        </span>
        <PageHeading title="Profile">Welcome {displayName}!</PageHeading>
      </div>
      <Claims user={user} />
      <h2>User object:</h2>
      <pre>{JSON.stringify(user, undefined, 2)}</pre>
      <Limits session={session.session} />
    </section>
  );
};
