import { type ReactNode, useEffect } from 'react';
import { lastSignedIn } from '../index.ts';
import { useBffClient } from './bff-provider.tsx';
import { useSession } from './use-session.ts';

/** Props of `RequireUser`. @see RFC 10017 section 6.1.2.1 */
export interface RequireUserProps {
  readonly children: ReactNode;
  /** Shown while the session is loading and on the way to the sign-in. */
  readonly pending?: ReactNode;
  /** Shown while the server cannot be reached and nobody was signed in before. */
  readonly unreachable?: ReactNode;
}

/**
 * Shows its children to a signed-in user, in an outage too; sends an anonymous one to the sign-in and back here.
 *
 * @see RFC 10017 section 6.1.2.1
 */
export const RequireUser = ({ children, pending, unreachable }: RequireUserProps): ReactNode => {
  const client = useBffClient();
  const session = useSession();
  const { status } = session;
  useEffect(() => {
    if (status === 'anonymous') client.login();
  }, [client, status]);
  if (lastSignedIn(session)) return children;
  return status === 'unreachable' ? unreachable : pending;
};
