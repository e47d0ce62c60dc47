import { useBffClient } from '@foyer/client/react';
import type { ReactNode } from 'react';
import { PageHeading } from './page-heading.tsx';

/** The server cannot be reached: nobody is signed out by that. */
export const Unreachable = (): ReactNode => {
  const client = useBffClient();
  return (
    <section className="hero">
      <PageHeading title="Unreachable">The server cannot be reached</PageHeading>
      <p>Your session is not lost. Check the connection, then try again.</p>
      <button type="button" onClick={() => client.refresh()}>
        Try again
      </button>
    </section>
  );
};
