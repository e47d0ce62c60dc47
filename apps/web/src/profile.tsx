import { lastSignedIn } from '@foyer/client';
import { useSession } from '@foyer/client/react';
import type { MeSession, User } from '@foyer/contract';
import type { ReactNode } from 'react';
import { Link } from 'react-router-dom';
import { PageHeading } from './page-heading.tsx';
import { Portrait } from './portrait.tsx';
import { UserObject } from './user-object.tsx';

const wellKnown = [
  ['name', 'Name'],
  ['username', 'Username'],
  ['preferred_username', 'Username'],
  ['nickname', 'Nickname'],
  ['email', 'E-mail'],
  ['phone_number', 'Phone'],
  ['birthdate', 'Birthdate'],
  ['locale', 'Language'],
  ['zoneinfo', 'Time zone'],
] as const;

const knownClaims = (user: User): readonly (readonly [label: string, value: string])[] =>
  wellKnown.flatMap(([claim, label]) => {
    const value = user[claim];
    return typeof value === 'string' && value !== '' ? [[label, value] as const] : [];
  });

const Claims = ({ user }: { readonly user: User }): ReactNode => {
  const claims = knownClaims(user);
  if (claims.length === 0) return <p className="soft">The provider tells nothing but an identifier.</p>;
  return (
    <dl>
      {claims.map(([label, value]) => (
        <div key={label}>
          <dt>{label}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
};

const Limits = ({ session }: { readonly session: MeSession }): ReactNode => (
  <dl>
    <div>
      <dt>Ends at the latest</dt>
      <dd>
        <time dateTime={session.expiresAt}>{new Date(session.expiresAt).toLocaleString()}</time>
      </dd>
    </div>
    <div>
      <dt>Ends when it is not used, at</dt>
      <dd>
        <time dateTime={session.idleExpiresAt}>{new Date(session.idleExpiresAt).toLocaleString()}</time>
      </dd>
    </div>
  </dl>
);

/** The profile of the signed-in user. */
export const Profile = (): ReactNode => {
  const known = lastSignedIn(useSession());
  if (known === undefined) return null;
  const { user, displayName, session } = known;
  return (
    <div className="stack">
      <div className="person">
        <Portrait displayName={displayName} picture={user.picture} />
        <PageHeading title="Profile">Welcome {displayName}!</PageHeading>
      </div>
      <div className="columns stack">
        <div className="stack">
          <section className="card stack">
            <h2>About you</h2>
            <Claims user={user} />
          </section>
          <section className="card stack">
            <h2>This session</h2>
            <Limits session={session} />
            <Link to="/sessions">Where you are signed in</Link>
          </section>
        </div>
        <UserObject user={user} />
      </div>
    </div>
  );
};
