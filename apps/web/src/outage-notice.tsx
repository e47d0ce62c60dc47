import type { ReactNode } from 'react';

/** The text of the notice while the server cannot be reached. */
export const outage = 'The server cannot be reached. Your session is not lost.';

/** A notice above the current view, which stays unchanged. */
export const OutageNotice = (): ReactNode => (
  <div className="notice" role="alert">
    <p>{outage}</p>
  </div>
);
