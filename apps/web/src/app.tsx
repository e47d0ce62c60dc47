import { RequireUser, useSession } from '@foyer/client/react';
import { lazy, type ReactNode, Suspense } from 'react';
import { type RouteObject, useRoutes } from 'react-router-dom';
import { Home } from './home.tsx';
import { Navbar } from './navbar.tsx';
import { OutageNotice } from './outage-notice.tsx';
import { Profile } from './profile.tsx';
import { SessionNotice } from './session-notice.tsx';
import { Unreachable } from './unreachable.tsx';

/** Views that few people open first come when they are opened. */
const NotFound = lazy(async () => ({ default: (await import('./not-found.tsx')).NotFound }));
const Sessions = lazy(async () => ({ default: (await import('./sessions.tsx')).Sessions }));

const Users = lazy(async () => ({ default: (await import('./users.tsx')).Users }));

const ExpiryNotice = lazy(async () => ({ default: (await import('./expiry-notice.tsx')).ExpiryNotice }));

/** What comes up over any view. */
const Notice = (): ReactNode => {
  const session = useSession();
  if (session.status === 'unreachable' && session.last) return <OutageNotice />;
  return session.status === 'signed-in' && session.expiring ? (
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
