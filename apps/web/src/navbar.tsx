import { lastSignedIn } from '@foyer/client';
import { useBffClient, useSession } from '@foyer/client/react';
import { type ReactNode, useState } from 'react';
import { NavLink } from 'react-router-dom';

const SignedInLinks = ({ displayName }: { readonly displayName: string }): ReactNode => {
  const client = useBffClient();
  const [problem, setProblem] = useState('');
  const signOut = (): void => {
    client
      .logout()
      .catch((error: unknown) => setProblem(error instanceof Error ? error.message : 'Try again.'));
  };
  return (
    <>
      <NavLink to="/profile">Logged in as: {displayName}</NavLink>
      <button type="button" className="quiet compact" onClick={signOut}>
        Logout
      </button>
      <span role="alert">{problem}</span>
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
          Plusauth Starter
        </NavLink>
        <div className="links">
          {known && <SignedInLinks displayName={known.displayName} />}
          {session.status === 'anonymous' && <a href={session.loginUrl}>Login</a>}
        </div>
      </nav>
    </header>
  );
};
