import { setTimeout as wait } from 'node:timers/promises';

/** Less than the second within which a store has to answer. */
const deadlineMs = 800;
const longestPauseMs = 20;

/** SQLITE_BUSY; its extended codes have it in the lowest byte. @see https://www.sqlite.org/rescode.html#busy */
const busyCode = 5;

/** Whether an error says that another connection has the file locked. */
export const isBusy = (error: unknown): boolean =>
  error instanceof Error &&
  'errcode' in error &&
  typeof error.errcode === 'number' &&
  error.errcode % 256 === busyCode;

/**
 * Runs a statement until the file is not locked, at most 800 ms. The pauses are of the caller alone: waiting within sqlite
 * (`busy_timeout`) would stop the whole process.
 */
export const retryWhileBusy = async <Result>(statement: () => Result): Promise<Result> => {
  const deadline = performance.now() + deadlineMs;
  for (let pauseMs = 1; ; pauseMs = Math.min(pauseMs * 2, longestPauseMs)) {
    try {
      return statement();
    } catch (error) {
      if (!isBusy(error) || performance.now() >= deadline) throw error;
    }
    await wait(pauseMs * (0.5 + Math.random()));
  }
};
