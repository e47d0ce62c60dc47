import { useBffClient, useSession } from '@foyer/client/react';
import type { SignedOutReason } from '@foyer/contract';
import type { ReactNode } from 'react';
import { PageHeading } from './page-heading.tsx';
import { SkeletonPage } from './skeletons.tsx';

const explanations: Readonly<Record<SignedOutReason, string>> = {
  logout: 'You signed out in another tab.',
  backchannel: 'You signed out at the provider.',
  expired: 'Your session has reached its time limit.',
  revoked: 'The session was ended from another browser, or by an administrator.',
  refresh_failed: 'The provider has ended the session.',
  replaced: 'A new sign-in has taken its place.',
};

/** Shown by a guarded page while no one is signed in: nothing at first, then the reason and the way back. */
export const SessionNotice = (): ReactNode => {
  const client = useBffClient();
  const session = useSession();
  if (session.status !== 'anonymous') return <SkeletonPage />;
  return (
    <section className="card message">
      <PageHeading title="Signed out">You are signed out</PageHeading>
      <p role="status" className="soft">
        {session.reason ? explanations[session.reason] : 'Sign in to go on.'}
      </p>
      <button type="button" onClick={() => client.login()}>
        Login
      </button>
    </section>
  );
};
