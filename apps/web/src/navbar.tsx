import { lastSignedIn, type SignedInSnapshot } from '@foyer/client';
import { useBffClient, useSession } from '@foyer/client/react';
import { type ReactNode, useState } from 'react';
import { NavLink } from 'react-router-dom';
import { AccountMenu } from './account-menu.tsx';
import { brand } from './brand.ts';
import { Logo } from './icons.tsx';

const SignedInLinks = ({ displayName, user }: SignedInSnapshot): ReactNode => {
  const client = useBffClient();
  const [problem, setProblem] = useState('');
  const signOut = (): void => {
    client
      .logout()
      .catch((error: unknown) => setProblem(error instanceof Error ? error.message : 'Try again.'));
  };
  return (
    <>
      <span role="alert" className="wrong small">
        {problem}
      </span>
      <NavLink to="/profile" className="who">
        <span className="who-label">Logged in as: </span>
        {displayName}
      </NavLink>
      <button type="button" className="quiet compact" onClick={signOut}>
        Logout
      </button>
      <AccountMenu displayName={displayName} user={user} onSignOut={signOut} />
    </>
  );
};

/** The navigation bar. It shows neither variant until it is known whether a user is signed in. */
export const Navbar = (): ReactNode => {
  const session = useSession();
  const known = lastSignedIn(session);
  return (
    <header>
      <nav aria-label="Main">
        <NavLink className="brand" to="/" end>
          <Logo />
          <span className="brand-name">{brand.name}</span>
        </NavLink>
        <div className="links">
          {known && <SignedInLinks {...known} />}
          {session.status === 'anonymous' && (
            <a className="button quiet compact" href={session.loginUrl}>
              Login
            </a>
          )}
          {session.status === 'loading' && <span className="skeleton bar" aria-hidden="true" />}
        </div>
      </nav>
    </header>
  );
};
