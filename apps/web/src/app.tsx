import { RequireUser, useSession } from '@foyer/client/react';
import { type ComponentType, lazy, type ReactNode, Suspense, useEffect } from 'react';
import { type RouteObject, useRoutes } from 'react-router-dom';
import { Home } from './home.tsx';
import { Navbar } from './navbar.tsx';
import { OutageNotice } from './outage-notice.tsx';
import { Profile } from './profile.tsx';
import { SessionNotice } from './session-notice.tsx';
import { Unreachable } from './unreachable.tsx';

/** A view that few people open first; where it does not come, the server cannot be reached. */
const later = <Props,>(load: () => Promise<ComponentType<Props>>): ComponentType<Props> =>
  lazy(() =>
    load().then(
      (view) => ({ default: view }),
      () => ({ default: Unreachable }),
    ),
  );

const loadNotFound = async () => (await import('./not-found.tsx')).NotFound;
const loadSessions = async () => (await import('./sessions.tsx')).Sessions;
const loadUsers = async () => (await import('./users.tsx')).Users;
const loadExpiryNotice = async () => (await import('./expiry-notice.tsx')).ExpiryNotice;

const NotFound = later(loadNotFound);
const Sessions = later(loadSessions);
const Users = later(loadUsers);
const ExpiryNotice = later(loadExpiryNotice);

/** Once somebody is signed in, what they may open next is fetched: an opened view neither flashes nor needs the server. */
const fetchAhead = (): void => {
  Promise.all([loadSessions(), loadUsers(), loadExpiryNotice()]).catch(() => undefined);
};

/** What comes up over any view. */
const Notice = (): ReactNode => {
  const session = useSession();
  const isSignedIn = session.status === 'signed-in';
  useEffect(() => {
    if (isSignedIn) fetchAhead();
  }, [isSignedIn]);
  if (session.status === 'unreachable' && session.last) return <OutageNotice />;
  return isSignedIn && session.expiring ? (
    <Suspense>
      <ExpiryNotice expiring={session.expiring} />
    </Suspense>
  ) : null;
};

const placeholder = <div className="placeholder" aria-hidden="true" />;

const guarded = (view: ReactNode): ReactNode => (
  <RequireUser pending={<SessionNotice />} unreachable={<Unreachable />}>
    {view}
  </RequireUser>
);

/** As objects: the elements of the router for it would cost 1.3 kB of gzip. */
const routes: RouteObject[] = [
  { path: '/', element: <Home /> },
  { path: '/profile', element: guarded(<Profile />) },
  { path: '/sessions', element: guarded(<Sessions />) },
  { path: '/users', element: guarded(<Users />) },
  { path: '*', element: <NotFound /> },
];

/** The starter's pages. */
export const App = (): ReactNode => (
  <>
    <a className="skip" href="#main">
      Skip to content
    </a>
    <Navbar />
    <main id="main" tabIndex={-1}>
      <Suspense fallback={placeholder}>{useRoutes(routes)}</Suspense>
    </main>
    <Notice />
  </>
);
