import { lastSignedIn } from '@foyer/client';
import { useSession } from '@foyer/client/react';
import type { ReactNode } from 'react';
import { Link } from 'react-router-dom';
import { Holdings } from './holdings.tsx';
import { Icon, type IconName } from './icons.tsx';
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
        <p>Log in to see what the provider says about you.</p>
        <a className="button" href={session.loginUrl}>
          Login/Register »
        </a>
      </>
    );
  if (session.status === 'unreachable') return <p role="status">{outage}</p>;
  return (
    <>
      <span className="skeleton line" aria-hidden="true" />
      <span className="skeleton control" aria-hidden="true" />
    </>
  );
};

interface Step {
  readonly between: readonly [IconName, IconName];
  readonly title: string;
  readonly text: ReactNode;
}

const steps: readonly Step[] = [
  {
    between: ['browser', 'provider'],
    title: 'You sign in at the provider',
    text: 'Only the provider sees your password. It sends you back with a code that works once.',
  },
  {
    between: ['provider', 'server'],
    title: 'The server trades the code',
    text: 'It proves who it is, checks every answer, and keeps the tokens to itself.',
  },
  {
    between: ['server', 'browser'],
    title: 'The page asks who you are',
    text: (
      <>
        One request to <code>/api/me</code>, and a cookie that no script can read.
      </>
    ),
  },
];

/** The home page. */
export const Home = (): ReactNode => (
  <>
    <div className="welcome">
      <section className="hero">
        <PageHeading>Hello, world!</PageHeading>
        <p>
          This is a template for a single-page app that signs people in with the OpenID Connect authorization
          code flow: a small server keeps the client secret and every token, and the browser holds nothing but
          a sealed cookie.
        </p>
        <div className="action">
          <Action />
        </div>
      </section>
      <Holdings />
    </div>
    <ol className="steps">
      {steps.map(({ between: [from, to], title, text }) => (
        <li key={title} className="card">
          <div className="flow" aria-hidden="true">
            <Icon name={from} />
            <span />
            <Icon name={to} />
          </div>
          <h2>{title}</h2>
          <p className="soft">{text}</p>
        </li>
      ))}
    </ol>
  </>
);
