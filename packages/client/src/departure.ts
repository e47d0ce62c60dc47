/** The page's way out: to the sign-in, or to where a sign-out leads. */
export interface Departure {
  /** Whether the page is leaving: what happens meanwhile must not start another move. */
  readonly isUnderWay: () => boolean;
  readonly begin: () => void;
  /** Navigates. A page that is still here half a minute later was kept, say by its own question about unsaved work. */
  readonly leaveFor: (url: URL) => void;
  readonly cancel: () => void;
}

const abandonedAfterMs = 30_000;

/** Creates the departure of one client. */
export const createDeparture = (): Departure => {
  let isLeaving = false;
  const cancel = (): void => {
    isLeaving = false;
  };
  return {
    isUnderWay: () => isLeaving,
    begin: () => {
      isLeaving = true;
    },
    leaveFor: (url) => {
      location.assign(url);
      setTimeout(cancel, abandonedAfterMs);
    },
    cancel,
  };
};
