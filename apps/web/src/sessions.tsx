import { useBffClient } from '@foyer/client/react';
import { parseSessionList, type SessionSummary } from '@foyer/contract';
import { type ReactNode, useCallback, useEffect, useRef, useState } from 'react';
import { Icon } from './icons.tsx';
import { PageHeading } from './page-heading.tsx';
import { RelativeTime } from './relative-time.tsx';
import { SkeletonList } from './skeletons.tsx';

type Loaded =
  | { readonly status: 'loading' }
  | { readonly status: 'failed' }
  | { readonly status: 'loaded'; readonly sessions: readonly SessionSummary[] };

const nameOf = ({ browser, system }: SessionSummary): string => `${browser} on ${system}`;

const isHandheld = ({ system }: SessionSummary): boolean => /iPhone|iPad|Android/.test(system);

/** This browser first, then the order of the server. */
const currentFirst = (sessions: readonly SessionSummary[]): readonly SessionSummary[] =>
  [...sessions].sort((one, other) => Number(other.current) - Number(one.current));

const Row = ({
  session,
  onEnd,
}: {
  readonly session: SessionSummary;
  readonly onEnd: () => void;
}): ReactNode => (
  <li>
    <span className="portrait">
      <Icon name={isHandheld(session) ? 'phone' : 'laptop'} />
    </span>
    <div>
      <p className="row">
        <strong>{nameOf(session)}</strong>
        {session.current && <em className="badge">This browser</em>}
      </p>
      <p className="soft small">
        Signed in <RelativeTime at={session.createdAt} />, last seen <RelativeTime at={session.lastSeenAt} />
      </p>
    </div>
    {!session.current && (
      <button type="button" className="quiet compact" onClick={onEnd}>
        Sign out<span className="unseen"> {nameOf(session)}</span>
      </button>
    )}
  </li>
);

/** Ends every other session, after a question. */
const EndOthers = ({ others, onEnd }: { readonly others: number; readonly onEnd: () => void }): ReactNode => {
  const [isAsking, setIsAsking] = useState(false);
  if (others === 0) return <p className="soft small">You are signed in nowhere else.</p>;
  if (!isAsking)
    return (
      <button type="button" className="quiet" onClick={() => setIsAsking(true)}>
        Sign out everywhere else
      </button>
    );
  const end = (): void => {
    setIsAsking(false);
    onEnd();
  };
  return (
    <fieldset className="row">
      <legend>Sign out {others === 1 ? 'the other browser' : `${others} other browsers`}?</legend>
      <button type="button" onClick={end}>
        Yes, sign out
      </button>
      <button type="button" className="quiet" onClick={() => setIsAsking(false)}>
        Cancel
      </button>
    </fieldset>
  );
};

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
    <div className="topic">
      <div className="intro">
        <PageHeading title="Sessions">Where you are signed in</PageHeading>
        <p className="soft">
          Every browser that holds a session of yours. Ending one takes effect there within a second.
        </p>
      </div>
      {state.status === 'loading' && <SkeletonList />}
      {state.status === 'failed' && (
        <div className="card head">
          <p role="alert">The list cannot be loaded.</p>
          <button type="button" className="quiet" onClick={() => load().catch(fail)}>
            Try again
          </button>
        </div>
      )}
      {state.status === 'loaded' && (
        <section className="card stack">
          <ul className="list" tabIndex={-1} ref={list}>
            {currentFirst(state.sessions).map((session) => (
              <Row
                key={session.id}
                session={session}
                onEnd={() => end(`/api/me/sessions/${session.id}`, `${nameOf(session)} is signed out`)}
              />
            ))}
          </ul>
          <div className="head foot">
            <EndOthers
              others={state.sessions.length - 1}
              onEnd={() => end('/api/me/sessions', 'Every other browser is signed out')}
            />
            <span role="status" className="soft small">
              {said}
            </span>
          </div>
        </section>
      )}
    </div>
  );
};
