/** A time limit that stands still while someone else's turn it is. */
export interface Deadline {
  readonly pause: () => void;
  /** Grants the whole time again. */
  readonly restart: () => void;
  /** Ends it for good. */
  readonly stop: () => void;
}

/** Starts a time limit; `onLate` is called once when it has passed. */
export const startDeadline = (timeoutMs: number, onLate: () => void): Deadline => {
  let timer = setTimeout(onLate, timeoutMs);
  let isStopped = false;
  return {
    pause: () => clearTimeout(timer),
    restart: () => {
      if (isStopped) return;
      clearTimeout(timer);
      timer = setTimeout(onLate, timeoutMs);
    },
    stop: () => {
      isStopped = true;
      clearTimeout(timer);
    },
  };
};
