/** A navigation away from the page: to the login, or to the URL that follows a sign-out. */
export interface Departure {
  /** Whether the page is leaving. While it is, nothing may start another navigation. */
  readonly isUnderWay: () => boolean;
  readonly begin: () => void;
  /**
   * Navigates. If the page is still open 30 seconds later, the user stayed, for example because of unsaved work, and the
   * departure is cancelled.
   */
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
