/** The live events of the session. */
export interface LiveEvents {
  /** Listens while somebody is signed in, and only then. */
  readonly follow: (isSignedIn: boolean) => void;
  readonly close: () => void;
}

/** `EventSource.CLOSED`: the browser has given up. */
const closed = 2;

/** Listens to `/api/me/events`; a stream that failed is opened again by the next check that finds the user signed in. */
export const startLiveEvents = (url: string, changed: () => void): LiveEvents => {
  let source: EventSource | undefined;
  const close = (): void => {
    source?.close();
    source = undefined;
  };
  const open = (): void => {
    source = new EventSource(url, { withCredentials: true });
    source.addEventListener('signed-out', () => {
      close();
      changed();
    });
  };
  return {
    follow: (isSignedIn) => {
      if (typeof EventSource === 'undefined') return;
      if (isSignedIn && (source === undefined || source.readyState === closed)) open();
      if (!isSignedIn) close();
    },
    close,
  };
};
