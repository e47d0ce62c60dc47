import { useSession } from '@foyer/client/react';
import type { ReactNode } from 'react';
import { PageHeading } from './page-heading.tsx';

/** What a guarded page says while nobody is signed in: nothing at first, then where it is going. */
export const SessionNotice = (): ReactNode => {
  const { status } = useSession();
  if (status !== 'anonymous') return <div className="placeholder" aria-hidden="true" />;
  return (
    <section className="hero">
      <PageHeading title="Signed out">You are signed out</PageHeading>
      <p role="status">Taking you to the sign-in.</p>
      <a className="button" href="/login">
        Login
      </a>
    </section>
  );
};
