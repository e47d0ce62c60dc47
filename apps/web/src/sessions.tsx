import { useBffClient } from '@foyer/client/react';
import { parseSessionList, type SessionSummary } from '@foyer/contract';
import { type ReactNode, useCallback, useEffect, useRef, useState } from 'react';
import { PageHeading } from './page-heading.tsx';

type Loaded =
  | { readonly status: 'loading' }
  | { readonly status: 'failed' }
  | { readonly status: 'loaded'; readonly sessions: readonly SessionSummary[] };

const nameOf = ({ browser, system }: SessionSummary): string => `${browser} on ${system}`;

const Row = ({
  session,
  onEnd,
}: {
  readonly session: SessionSummary;
  readonly onEnd: () => void;
}): ReactNode => (
  <li>
    <div>
      <strong>{nameOf(session)}</strong>
      <p className="soft small">
        Signed in <time dateTime={session.createdAt}>{new Date(session.createdAt).toLocaleString()}</time>,
        last seen <time dateTime={session.lastSeenAt}>{new Date(session.lastSeenAt).toLocaleString()}</time>
      </p>
    </div>
    {session.current ? (
      <em className="badge">This browser</em>
    ) : (
      <button type="button" className="quiet compact" onClick={onEnd}>
        Sign out<span className="unseen"> {nameOf(session)}</span>
      </button>
    )}
  </li>
);

/** Where the user is signed in, with the way to end one other session or all of them. */
export const Sessions = (): ReactNode => {
  const client = useBffClient();
  const [state, setState] = useState<Loaded>({ status: 'loading' });
  const [said, setSaid] = useState('');
  const list = useRef<HTMLUListElement>(null);
  const load = useCallback(async (): Promise<void> => {
    const response = await client.fetch('/api/me/sessions');
    if (!response.ok) return setState({ status: 'failed' });
    setState({ status: 'loaded', sessions: parseSessionList(await response.json()).sessions });
  }, [client]);
  const fail = useCallback(() => setState({ status: 'failed' }), []);
  useEffect(() => {
    load().catch(fail);
  }, [load, fail]);
  const end = (path: string, done: string): void => {
    client
      .fetch(path, { method: 'DELETE' })
      .then(async (response) => {
        if (!response.ok && response.status !== 404) return fail();
        // The clicked button disappears or is disabled, so keyboard focus moves to the list.
        list.current?.focus();
        await load();
        setSaid(done);
      })
      .catch(fail);
  };
  return (
    <div className="stack">
      <PageHeading title="Sessions">Where you are signed in</PageHeading>
      <p className="soft">
        Every browser that holds a session of yours. Ending one takes effect there within a second.
      </p>
      {state.status === 'loading' && <div className="card placeholder" aria-hidden="true" />}
      {state.status === 'failed' && (
        <div className="card head">
          <p role="alert">The list cannot be shown at the moment.</p>
          <button type="button" className="quiet" onClick={() => load().catch(fail)}>
            Try again
          </button>
        </div>
      )}
      {state.status === 'loaded' && (
        <section className="card stack">
          <ul className="list" tabIndex={-1} ref={list}>
            {state.sessions.map((session) => (
              <Row
                key={session.id}
                session={session}
                onEnd={() => end(`/api/me/sessions/${session.id}`, `${nameOf(session)} is signed out`)}
              />
            ))}
          </ul>
          <div className="head">
            <button
              type="button"
              onClick={() => end('/api/me/sessions', 'Every other browser is signed out')}
              disabled={state.sessions.length < 2}
            >
              Sign out everywhere else
            </button>
            <span role="status" className="soft small">
              {said}
            </span>
          </div>
        </section>
      )}
    </div>
  );
};
