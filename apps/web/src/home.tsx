import { lastSignedIn } from '@foyer/client';
import { useSession } from '@foyer/client/react';
import type { ReactNode } from 'react';
import { Link } from 'react-router-dom';
import { outage } from './outage-notice.tsx';
import { PageHeading } from './page-heading.tsx';

const Action = (): ReactNode => {
  const session = useSession();
  if (lastSignedIn(session))
    return (
      <>
        <p>You are signed in. Your tokens stay on the server.</p>
        <div className="row">
          <Link className="button" to="/profile">
            View Profile »
          </Link>
          <Link to="/users">See an API behind it</Link>
        </div>
      </>
    );
  if (session.status === 'anonymous')
    return (
      <>
        <p>Log in to see the claims that the provider tells about you.</p>
        <a className="button" href={session.loginUrl}>
          Login/Register »
        </a>
      </>
    );
  return session.status === 'unreachable' && <p role="status">{outage}</p>;
};

/** The home page. */
export const Home = (): ReactNode => (
  <>
    <section className="hero">
      <PageHeading>Hello, world!</PageHeading>
      <p>
        This is a template for a single-page app that signs people in with the OpenID Connect authorization
        code flow: a small server keeps the client secret and every token, and the browser holds nothing but a
        sealed cookie.
      </p>
      <div className="action">
        <Action />
      </div>
    </section>
    <ol className="steps">
      <li className="card">
        <h2>You sign in at the provider</h2>
        <p className="soft">Your password is its business. It sends you back with a code that works once.</p>
      </li>
      <li className="card">
        <h2>The server trades the code</h2>
        <p className="soft">It proves who it is, checks every answer, and keeps the tokens to itself.</p>
      </li>
      <li className="card">
        <h2>The page asks who you are</h2>
        <p className="soft">
          One request to <code>/api/me</code>, and a cookie that no script can read.
        </p>
      </li>
    </ol>
  </>
);
