import { useBffClient } from '@foyer/client/react';
import type { ExpiringEvent } from '@foyer/contract';
import type { ReactNode } from 'react';

/** Says when the session will end, with a button that extends it if it can be extended. */
export const ExpiryNotice = ({ expiring }: { readonly expiring: ExpiringEvent }): ReactNode => {
  const client = useBffClient();
  const time = new Date(expiring.expiresAt).toLocaleTimeString();
  return (
    <div className="notice" role="alert">
      <p>
        You will be signed out at <time dateTime={expiring.expiresAt}>{time}</time>.
      </p>
      {expiring.limit === 'idle' ? (
        <button type="button" onClick={() => client.refresh()}>
          Stay signed in
        </button>
      ) : (
        <a className="button" href={`${import.meta.env.BASE_URL}login?prompt=login`}>
          Sign in again
        </a>
      )}
    </div>
  );
};
