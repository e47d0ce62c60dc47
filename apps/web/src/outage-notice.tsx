import type { ReactNode } from 'react';

/** What is said while the server cannot be reached. */
export const outage = 'The server cannot be reached at the moment. Your session is not lost.';

/** Comes up over a view that stays as it was. */
export const OutageNotice = (): ReactNode => (
  <div className="notice" role="alert">
    <p>{outage}</p>
  </div>
);
