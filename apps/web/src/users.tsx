import type { BffClient } from '@foyer/client';
import { useBffClient, useUser } from '@foyer/client/react';
import { type FormEvent, type ReactNode, useCallback, useEffect, useState } from 'react';
import { Link } from 'react-router-dom';
import { PageHeading } from './page-heading.tsx';
import { Portrait } from './portrait.tsx';
import { SkeletonList } from './skeletons.tsx';

interface ListedUser {
  readonly id: string;
  readonly name: string;
  readonly addedBy?: string;
}

type Loaded =
  | { readonly status: 'loading' }
  | { readonly status: 'failed'; readonly reason: string }
  | { readonly status: 'loaded'; readonly users: readonly ListedUser[] };

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null;

const isListedUser = (value: unknown): value is ListedUser =>
  isObject(value) && typeof value.id === 'string' && typeof value.name === 'string';

const parseUsers = (body: unknown): readonly ListedUser[] => {
  if (!isObject(body) || !Array.isArray(body.users) || !body.users.every(isListedUser))
    throw new Error('The API answered something that is not a list of users.');
  return body.users;
};

/** Whether the server in between refused, rather than the API. */
const isOurs = (headers: Headers): boolean =>
  headers.get('content-type')?.startsWith('application/problem+json') === true;

/** What went wrong, in words for the user. */
const explain = ({ status, headers }: Response): string => {
  const scope = /scope="([^"]+)"/.exec(headers.get('www-authenticate') ?? '')?.[1] ?? 'for it';
  if (status === 401) return 'The API did not accept the access token. Sign in again.';
  if (status === 403 && isOurs(headers)) return 'You may only read this list: editors change it.';
  if (status === 403) return `The API refuses this: your access token lacks the scope ${scope}.`;
  if (status === 404) return 'There is no API at /api/users. Set API_ROUTES to reach one.';
  return `The API could not do that (${status}).`;
};

const call = async (client: BffClient, path: string, init?: RequestInit): Promise<Response> => {
  const response = await client.fetch(path, init);
  if (!response.ok) throw new Error(explain(response));
  return response;
};

const reasonOf = (error: unknown): string =>
  error instanceof Error ? error.message : 'Something went wrong. Try again.';

/** What the demo people have; another provider may send no groups at all. */
interface Claims {
  readonly groups?: unknown;
}

/** Whether the user is known to be no editor: the server decides, this is for what the page offers. */
const useMayOnlyRead = (): boolean => {
  const groups = useUser<Claims>()?.groups;
  return Array.isArray(groups) && !groups.includes('editors');
};

/** A list from an API that requires an access token, which the page never sees. */
export const Users = (): ReactNode => {
  const client = useBffClient();
  const [state, setState] = useState<Loaded>({ status: 'loading' });
  const mayOnlyRead = useMayOnlyRead();
  const [problem, setProblem] = useState('');
  const [said, setSaid] = useState('');

  const load = useCallback(async (): Promise<void> => {
    try {
      const response = await call(client, '/api/users');
      setState({ status: 'loaded', users: parseUsers(await response.json()) });
    } catch (error) {
      setState({ status: 'failed', reason: reasonOf(error) });
    }
  }, [client]);

  /** Whether the API has made the change. */
  const change = async (path: string, init: RequestInit, done: string): Promise<boolean> => {
    setProblem('');
    setSaid('');
    try {
      await call(client, path, init);
      await load();
      setSaid(done);
      return true;
    } catch (error) {
      setProblem(reasonOf(error));
      return false;
    }
  };

  const add = (event: FormEvent<HTMLFormElement>): void => {
    event.preventDefault();
    const form = event.currentTarget;
    const name = new FormData(form).get('name');
    const body = JSON.stringify({ name });
    const headers = { 'content-type': 'application/json' };
    void change('/api/users', { method: 'POST', headers, body }, `${name} is added`).then((isAdded) => {
      // What the API has refused need not be typed again.
      if (isAdded) form.reset();
    });
  };

  useEffect(() => {
    void load();
  }, [load]);

  return (
    <div className="topic">
      <div className="intro">
        <PageHeading title="API demo">An API behind the server</PageHeading>
        <p className="soft">
          This list comes from another server that wants an access token. Yours is added on the way, by the
          server that keeps it.
        </p>
        <p className="soft">
          <Link to="/recovery">Make a recovery code</Link> shows what needs a fresh sign-in.
        </p>
      </div>
      {state.status === 'loading' && <SkeletonList />}
      {state.status === 'failed' && (
        <div className="card head">
          <p role="alert">{state.reason}</p>
          <button type="button" className="quiet" onClick={() => void load()}>
            Try again
          </button>
        </div>
      )}
      {state.status === 'loaded' && (
        <section className="card stack">
          {state.users.length === 0 && <p className="soft">No one is on the list yet. Add the first name.</p>}
          <ul className="list">
            {state.users.map(({ id, name, addedBy }) => (
              <li key={id}>
                <Portrait displayName={name} picture={undefined} />
                <div>
                  <strong>{name}</strong>
                  {addedBy !== undefined && <p className="soft small">added by {addedBy}</p>}
                </div>
                {!mayOnlyRead && (
                  <button
                    type="button"
                    className="quiet compact"
                    onClick={() =>
                      void change(`/api/users/${id}`, { method: 'DELETE' }, `${name} is removed`)
                    }
                  >
                    Remove<span className="unseen"> {name}</span>
                  </button>
                )}
              </li>
            ))}
          </ul>
          {mayOnlyRead ? (
            <p className="soft foot">You may only read this list: editors change it.</p>
          ) : (
            <form className="fields foot" onSubmit={add}>
              <label>
                Name
                <input name="name" maxLength={60} required autoComplete="off" />
              </label>
              <button type="submit">Add</button>
            </form>
          )}
          <p role="alert" className="wrong">
            {problem}
          </p>
          <p role="status" className="soft small">
            {said}
          </p>
        </section>
      )}
    </div>
  );
};
