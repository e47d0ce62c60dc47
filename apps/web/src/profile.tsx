import { lastSignedIn } from '@foyer/client';
import { useSession } from '@foyer/client/react';
import type { MeSession } from '@foyer/contract';
import type { ReactNode } from 'react';
import { Link } from 'react-router-dom';
import { Claims } from './claims.tsx';
import { PageHeading } from './page-heading.tsx';
import { Portrait } from './portrait.tsx';
import { RelativeTime } from './relative-time.tsx';
import { UserObject } from './user-object.tsx';

const Limits = ({ session }: { readonly session: MeSession }): ReactNode => (
  <dl>
    <div>
      <dt>Ends at the latest</dt>
      <dd>
        <RelativeTime at={session.expiresAt} />
      </dd>
    </div>
    <div>
      <dt>Ends when it is not used</dt>
      <dd>
        <RelativeTime at={session.idleExpiresAt} />
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
        <section className="card stack facts">
          <h2>About you</h2>
          <Claims user={user} />
        </section>
        <UserObject user={user} />
        <section className="card stack limits">
          <div className="head">
            <h2>This session</h2>
            <Link to="/sessions">Where you are signed in</Link>
          </div>
          <Limits session={session} />
        </section>
      </div>
    </div>
  );
};
