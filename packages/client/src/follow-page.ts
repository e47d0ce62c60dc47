/** What to do when the person leaves the page, and comes back to it. */
export interface PageReturns {
  /** The page is looked at again, or the network is back. */
  readonly recheck: () => void;
  /** The browser freezes the page, to bring it back as it is now. */
  readonly frozen: () => void;
  /** The browser brought a frozen page back. */
  readonly restored: () => void;
}

/** Follows focus, network and the back/forward cache; gives back the way to stop. */
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
