/** What to do when the page comes back to the person. */
export interface PageReturns {
  /** The page is looked at again, or the network is back. */
  readonly recheck: () => void;
  /** The browser brought a frozen page back: nothing private may show before it is checked. */
  readonly restored: () => void;
}

/** Follows focus, network and the back/forward cache; gives back the way to stop. */
export const followPage = ({ recheck, restored }: PageReturns): (() => void) => {
  const seen = (): void => {
    if (document.visibilityState === 'visible') recheck();
  };
  const shown = (event: PageTransitionEvent): void => {
    if (event.persisted) restored();
  };
  document.addEventListener('visibilitychange', seen);
  addEventListener('online', recheck);
  addEventListener('pageshow', shown);
  return () => {
    document.removeEventListener('visibilitychange', seen);
    removeEventListener('online', recheck);
    removeEventListener('pageshow', shown);
  };
};
