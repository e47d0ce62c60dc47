import type { ReactNode } from 'react';

/** The shape of a list in a card, while the list is loading. */
export const SkeletonList = (): ReactNode => (
  <div className="card stack" aria-hidden="true">
    <span className="skeleton row-shape" />
    <span className="skeleton row-shape" />
    <span className="skeleton row-shape" />
  </div>
);

/** The shape of a view: its heading and a card, while it is unknown who is signed in. */
export const SkeletonPage = (): ReactNode => (
  <div className="stack" aria-hidden="true">
    <span className="skeleton title" />
    <SkeletonList />
  </div>
);
