/** Tries again for as long as the server cannot be reached. */
export interface Retry {
  readonly follow: (isUnreachable: boolean) => void;
  readonly close: () => void;
}

const firstWait = 5000;
const longestWait = 60_000;

/** Calls `again` after 5 seconds, then after twice as long each time, a minute at most. */
export const startRetry = (again: () => void): Retry => {
  let wait = firstWait;
  let timer: ReturnType<typeof setTimeout> | undefined;
  return {
    follow: (isUnreachable) => {
      clearTimeout(timer);
      if (isUnreachable) timer = setTimeout(again, wait);
      wait = isUnreachable ? Math.min(2 * wait, longestWait) : firstWait;
    },
    close: () => clearTimeout(timer),
  };
};
