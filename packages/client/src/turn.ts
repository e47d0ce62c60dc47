/** The right of one tab of the browser to do something for all of them. */
export interface Turn {
  /** Acts as soon as no other tab has the turn; acts again at once while this tab has it. */
  readonly take: () => void;
  readonly giveUp: () => void;
}

/** One request for the lock. */
interface Claim {
  readonly end: () => void;
  isHeld: boolean;
}

/**
 * Makes the turn of this tab. The browser passes it on when the tab closes or crashes.
 *
 * @see Web Locks API section 2
 */
export const startTurn = (name: string, act: () => void): Turn => {
  let claim: Claim | undefined;
  const startClaim = (): Claim => {
    const waiting = new AbortController();
    const { promise: ended, resolve: end } = Promise.withResolvers<void>();
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
    // Rejected when it is given up, and where the page may have no locks: then it acts for itself.
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
