import { type ReactNode, useEffect, useRef } from 'react';
import { lastSignedIn } from '../index.ts';
import { useBffClient } from './bff-provider.tsx';
import { useSession } from './use-session.ts';

/** Props of `RequireUser`. @see RFC 10017 section 6.1.2.1 */
export interface RequireUserProps {
  readonly children: ReactNode;
  /** Shown while the session is loading, until the browser has left for the login, and where the session has ended. */
  readonly pending?: ReactNode;
  /** Shown while the server cannot be reached, if no user was signed in before. */
  readonly unreachable?: ReactNode;
}

/**
 * Shows its children to a signed-in user, during an outage too. Sends an anonymous user to the login, and then back here;
 * not where the session ended while its children were shown: the provider might sign in again at once, unasked.
 *
 * @see RFC 10017 section 6.1.2.1
 */
export const RequireUser = ({ children, pending, unreachable }: RequireUserProps): ReactNode => {
  const client = useBffClient();
  const session = useSession();
  const { status } = session;
  const wasShown = useRef(false);
  useEffect(() => {
    if (status === 'signed-in') wasShown.current = true;
    if (status === 'anonymous' && !wasShown.current) client.login();
  }, [client, status]);
  if (lastSignedIn(session)) return children;
  return status === 'unreachable' ? unreachable : pending;
};
