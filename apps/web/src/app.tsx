import { RequireUser } from '@foyer/client/react';
import type { ReactNode } from 'react';
import { Route, Routes } from 'react-router-dom';
import { Home } from './home.tsx';
import { Navbar } from './navbar.tsx';
import { NotFound } from './not-found.tsx';
import { Profile } from './profile.tsx';
import { SessionNotice } from './session-notice.tsx';
import { Sessions } from './sessions.tsx';
import { Unreachable } from './unreachable.tsx';

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
      <Routes>
        <Route path="/" element={<Home />} />
        <Route path="/profile" element={guarded(<Profile />)} />
        <Route path="/sessions" element={guarded(<Sessions />)} />
        <Route path="*" element={<NotFound />} />
      </Routes>
    </main>
  </>
);
