import { useBffClient } from '@foyer/client/react';
import type { ReactNode } from 'react';
import { PageHeading } from './page-heading.tsx';

/** The view while the server cannot be reached. The user is not signed out. */
export const Unreachable = (): ReactNode => {
  const client = useBffClient();
  return (
    <section className="card message">
      <PageHeading title="Unreachable">The server cannot be reached</PageHeading>
      <p className="soft">Your session is not lost. Check the connection, then try again.</p>
      <button type="button" onClick={() => client.refresh()}>
        Try again
      </button>
    </section>
  );
};
