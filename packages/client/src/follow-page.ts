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
  document.addEventListener('visibilitychange', seen);
  addEventListener('online', recheck);
  addEventListener('pagehide', moved);
  addEventListener('pageshow', moved);
  return () => {
    document.removeEventListener('visibilitychange', seen);
    removeEventListener('online', recheck);
    removeEventListener('pagehide', moved);
    removeEventListener('pageshow', moved);
  };
};
