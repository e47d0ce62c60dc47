import { lastSignedIn } from '@foyer/client';
import { useSession } from '@foyer/client/react';
import type { ReactNode } from 'react';
import { Icon, type IconName } from './icons.tsx';

interface Holding {
  readonly icon: IconName;
  readonly label: string;
  readonly value: string;
  readonly isGood?: boolean;
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
    {rows.map(({ icon, label, value, isGood }) => (
      <div key={label}>
        <dt>
          <Icon name={icon} />
          {label}
        </dt>
        <dd key={value} className={isGood ? 'good' : ''}>
          {value}
        </dd>
      </div>
    ))}
  </dl>
);

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
