/** Calls a function repeatedly for as long as the server cannot be reached. */
export interface Retry {
  readonly follow: (isUnreachable: boolean) => void;
  readonly close: () => void;
}

const firstDelayMs = 5000;
const maxDelayMs = 60_000;

/** Calls `retry` 5 seconds after the server became unreachable, then with a delay that doubles up to a minute. */
export const startRetry = (retry: () => void): Retry => {
  let delayMs = firstDelayMs;
  let timer: ReturnType<typeof setTimeout> | undefined;
  return {
    follow: (isUnreachable) => {
      clearTimeout(timer);
      if (isUnreachable) timer = setTimeout(retry, delayMs);
      delayMs = isUnreachable ? Math.min(2 * delayMs, maxDelayMs) : firstDelayMs;
    },
    close: () => clearTimeout(timer),
  };
};
