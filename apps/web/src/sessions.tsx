import { useBffClient } from '@foyer/client/react';
import type { SessionList, SessionSummary } from '@foyer/contract';
import { type ReactNode, useCallback, useEffect, useState } from 'react';
import { PageHeading } from './page-heading.tsx';

type Loaded =
  | { readonly status: 'loading' }
  | { readonly status: 'failed' }
  | { readonly status: 'loaded'; readonly sessions: readonly SessionSummary[] };

const Row = ({ session }: { readonly session: SessionSummary }): ReactNode => (
  <li>
    <strong>
      {session.browser} on {session.system}
    </strong>
    {session.current && <em> this one</em>}
    <span className="soft">
      Last seen <time dateTime={session.lastSeenAt}>{new Date(session.lastSeenAt).toLocaleString()}</time>
    </span>
  </li>
);

/** Where the user is signed in, with the way to end all other sessions. */
export const Sessions = (): ReactNode => {
  const client = useBffClient();
  const [state, setState] = useState<Loaded>({ status: 'loading' });
  const load = useCallback(async (): Promise<void> => {
    const response = await client.fetch('/api/me/sessions');
    if (!response.ok) return setState({ status: 'failed' });
    const list: SessionList = await response.json();
    setState({ status: 'loaded', sessions: list.sessions });
  }, [client]);
  const fail = useCallback(() => setState({ status: 'failed' }), []);
  useEffect(() => {
    load().catch(fail);
  }, [load, fail]);
  const endOthers = (): void => {
    client
      .fetch('/api/me/sessions', { method: 'DELETE' })
      .then((response) => (response.ok ? load() : fail()))
      .catch(fail);
  };
  return (
    <section className="profile">
      <PageHeading title="Sessions">Where you are signed in</PageHeading>
      {state.status === 'failed' && <p role="alert">The list cannot be shown at the moment.</p>}
      {state.status === 'loaded' && (
        <>
          <ul className="sessions">
            {state.sessions.map((session) => (
              <Row key={session.id} session={session} />
            ))}
          </ul>
          <button type="button" onClick={endOthers} disabled={state.sessions.length < 2}>
            Sign out everywhere else
          </button>
        </>
      )}
    </section>
  );
};
