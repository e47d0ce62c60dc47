/** Callbacks for when the user leaves the page, and comes back to it. */
export interface PageReturns {
  /** The page became visible again, or the network is back. */
  readonly recheck: () => void;
  /** The browser puts the page into the back/forward cache. */
  readonly frozen: () => void;
  /** The browser restored the page from the back/forward cache. */
  readonly restored: () => void;
}

/** Follows visibility, network and the back/forward cache; returns the function that stops it. */
export const followPage = ({ recheck, frozen, restored }: PageReturns): (() => void) => {
  const seen = (): void => {
    if (document.visibilityState === 'visible') recheck();
  };
  const moved = (event: PageTransitionEvent): void => {
    if (event.persisted) (event.type === 'pageshow' ? restored : frozen)();
  };
  const stop = new AbortController();
  const { signal } = stop;
  document.addEventListener('visibilitychange', seen, { signal });
  addEventListener('online', recheck, { signal });
  addEventListener('pagehide', moved, { signal });
  addEventListener('pageshow', moved, { signal });
  return () => stop.abort();
};
