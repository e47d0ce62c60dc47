import { lastSignedIn } from '@foyer/client';
import { useSession } from '@foyer/client/react';
import { parseSessionList, type SessionCookie } from '@foyer/contract';
import { type ReactNode, useEffect, useState } from 'react';
import { Icon, type IconName } from './icons.tsx';

interface Holding {
  readonly icon: IconName;
  readonly label: string;
  readonly value: string;
  readonly isGood?: boolean;
  /** A line below. */
  readonly detail?: ReactNode;
}

/** What a script of this page can read right now: the very places that malicious code would search for tokens. */
const readableByScripts = (): readonly Holding[] => {
  const cookies = document.cookie.split(';').filter((cookie) => cookie.trim() !== '');
  return [
    { icon: 'cookie', label: 'Readable cookies', value: String(cookies.length) },
    {
      icon: 'browser',
      label: 'Web storage entries',
      value: String(localStorage.length + sessionStorage.length),
    },
  ];
};

const Rows = ({ rows }: { readonly rows: readonly Holding[] }): ReactNode => (
  <dl className="holdings">
    {rows.map(({ icon, label, value, isGood, detail }) => (
      <div key={label}>
        <dt>
          <Icon name={icon} />
          {label}
        </dt>
        <dd key={value} className={isGood ? 'good' : ''}>
          {value}
        </dd>
        {detail && <dd className="detail">{detail}</dd>}
      </div>
    ))}
  </dl>
);

const askForCookie = async (): Promise<SessionCookie | undefined> => {
  // Not the client's `fetch`: a panel is no reason to leave for the login.
  const response = await fetch(new URL(`${import.meta.env.BASE_URL}api/me/sessions`, location.href));
  if (!response.ok) return undefined;
  return parseSessionList(await response.json()).sessions.find(({ current }) => current)?.cookie;
};

/** The session cookie, which no script can read, as the server saw it; `undefined` until it has said so. */
const useSessionCookie = (session: string | undefined): SessionCookie | undefined => {
  const [seen, setSeen] = useState<{
    readonly session: string;
    readonly cookie: SessionCookie | undefined;
  }>();
  useEffect(() => {
    if (session === undefined) return;
    askForCookie()
      .then((cookie) => setSeen({ session, cookie }))
      .catch(() => undefined);
  }, [session]);
  return seen?.session === session ? seen?.cookie : undefined;
};

/** Name and size of the session cookie, or what is known as long as the server has not named it. */
const CookieDetail = (): ReactNode => {
  const session = useSession();
  const known = lastSignedIn(session);
  const cookie = useSessionCookie(known?.session.id);
  if (cookie)
    return (
      <>
        <code title={cookie.name}>{cookie.name}</code>
        <span>{cookie.bytes} bytes</span>
      </>
    );
  if (known) return 'no script can read it';
  return session.status === 'anonymous' ? 'none before you sign in' : '…';
};

/** What this browser and the server hold at this moment; the first part is looked up, not claimed. */
export const Holdings = (): ReactNode => {
  const session = useSession();
  const known = lastSignedIn(session);
  const isKnown = known !== undefined || session.status === 'anonymous';
  const sealed = known ? '1, sealed' : '0';
  const ends = known && new Date(known.session.expiresAt).toLocaleTimeString([], { timeStyle: 'short' });
  return (
    <section className="card holdings-card" aria-label="What this browser holds">
      <h2>What this browser holds</h2>
      <Rows
        rows={[
          ...readableByScripts(),
          {
            icon: 'check',
            label: 'HttpOnly cookies',
            value: isKnown ? sealed : '…',
            isGood: Boolean(known),
            detail: <CookieDetail />,
          },
        ]}
      />
      <h2>What the server holds</h2>
      <Rows
        rows={[
          {
            icon: 'server',
            label: 'Session and tokens',
            value: isKnown ? (ends ? `until ${ends}` : 'nothing') : '…',
            isGood: Boolean(known),
          },
        ]}
      />
    </section>
  );
};
