import { RequireUser, useSession } from '@foyer/client/react';
import { type ComponentType, lazy, type ReactNode, Suspense, useEffect } from 'react';
import { Route, Routes } from 'react-router-dom';
import { Home } from './home.tsx';
import { Navbar } from './navbar.tsx';
import { OutageNotice } from './outage-notice.tsx';
import { Profile } from './profile.tsx';
import { SessionNotice } from './session-notice.tsx';
import { SkeletonPage } from './skeletons.tsx';
import { Unreachable } from './unreachable.tsx';

/** A view that is loaded when it is first shown. If loading fails, the server cannot be reached. */
const later = <Props,>(load: () => Promise<ComponentType<Props>>): ComponentType<Props> =>
  lazy(() =>
    load().then(
      (view) => ({ default: view }),
      () => ({ default: Unreachable }),
    ),
  );

const loadNotFound = async () => (await import('./not-found.tsx')).NotFound;
const loadSessions = async () => (await import('./sessions.tsx')).Sessions;
const loadRecovery = async () => (await import('./recovery.tsx')).Recovery;
const loadUsers = async () => (await import('./users.tsx')).Users;
const loadExpiryNotice = async () => (await import('./expiry-notice.tsx')).ExpiryNotice;

const NotFound = later(loadNotFound);
const Sessions = later(loadSessions);
const Recovery = later(loadRecovery);
const Users = later(loadUsers);
const ExpiryNotice = later(loadExpiryNotice);

/** Fetches the other views as soon as a user is signed in, so that opening one needs no request. */
const fetchAhead = (): void => {
  Promise.all([loadSessions(), loadUsers(), loadExpiryNotice()]).catch(() => undefined);
};

/** Notices that are shown above any view. */
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

const guarded = (view: ReactNode): ReactNode => (
  <RequireUser pending={<SessionNotice />} unreachable={<Unreachable />}>
    {view}
  </RequireUser>
);

/** The starter's pages. */
export const App = (): ReactNode => (
  <>
    <a className="skip" href="#main">
      Skip to content
    </a>
    <Navbar />
    <main id="main" tabIndex={-1}>
      <Suspense fallback={<SkeletonPage />}>
        <Routes>
          <Route path="/" element={<Home />} />
          <Route path="/profile" element={guarded(<Profile />)} />
          <Route path="/sessions" element={guarded(<Sessions />)} />
          <Route path="/recovery" element={guarded(<Recovery />)} />
          <Route path="/users" element={guarded(<Users />)} />
          <Route path="*" element={<NotFound />} />
        </Routes>
      </Suspense>
    </main>
    <Notice />
  </>
);
