/** A lock that one tab of the browser holds at a time, in order to act for all tabs. */
export interface Turn {
  /** Requests the lock and acts when this tab gets it; acts immediately while this tab holds it. */
  readonly take: () => void;
  readonly giveUp: () => void;
}

/** One request for the lock. */
interface Claim {
  readonly end: () => void;
  isHeld: boolean;
}

/**
 * Creates this tab's turn. When the tab closes or crashes, the browser passes the lock to another tab.
 *
 * @see Web Locks API section 2
 */
export const startTurn = (name: string, act: () => void): Turn => {
  let claim: Claim | undefined;
  const startClaim = (): Claim => {
    const waiting = new AbortController();
    let end = (): void => undefined;
    const ended = new Promise<void>((resolve) => {
      end = resolve;
    });
    const made: Claim = {
      isHeld: false,
      end: () => {
        waiting.abort();
        end();
      },
    };
    const hold = async (): Promise<void> => {
      if (waiting.signal.aborted) return;
      made.isHeld = true;
      act();
      await ended;
    };
    // Rejected when it is given up, and where the page may not use locks: then this tab acts without one.
    navigator.locks.request(name, { signal: waiting.signal }, hold).catch(hold);
    return made;
  };
  return {
    take: () => {
      if (claim === undefined) claim = startClaim();
      else if (claim.isHeld) act();
    },
    giveUp: () => {
      claim?.end();
      claim = undefined;
    },
  };
};
