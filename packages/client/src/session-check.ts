import type { SessionSnapshot } from './session-snapshot.ts';

/** Requests the session, and publishes the answer of the newest request. */
export interface SessionCheck {
  /** Shares a request in flight, unless that one does not extend the session and this one has to. */
  readonly join: (isExtending: boolean) => Promise<SessionSnapshot>;
  /** Sends a new request without extending the session: the answer in flight may be older than the change. */
  readonly renew: () => Promise<SessionSnapshot>;
}

/** Creates the session check. It drops the answer of a request when a newer one has been sent. */
export const createSessionCheck = (
  read: (isExtending: boolean) => Promise<SessionSnapshot>,
  publish: (found: SessionSnapshot) => SessionSnapshot,
): SessionCheck => {
  let newest: Promise<SessionSnapshot> | undefined;
  let inFlight: 'reading' | 'extending' | undefined;
  const start = (isExtending: boolean): Promise<SessionSnapshot> => {
    const settled: Promise<SessionSnapshot> = read(isExtending).then((found) => {
      if (newest !== settled) return newest ?? found;
      inFlight = undefined;
      return publish(found);
    });
    inFlight = isExtending ? 'extending' : 'reading';
    newest = settled;
    return settled;
  };
  return {
    join: (isExtending) => {
      const isShareable = inFlight === 'extending' || (inFlight === 'reading' && !isExtending);
      return isShareable && newest ? newest : start(isExtending);
    },
    renew: () => start(false),
  };
};
