import type { KeepSuccessor } from './token-set.ts';

/** Who keeps the new refresh token of each refresh that is under way. */
export interface Successors {
  /** While `run` is under way, `keep` gets what follows `refreshToken`. */
  readonly during: <T>(
    refreshToken: string,
    keep: KeepSuccessor | undefined,
    run: () => Promise<T>,
  ) => Promise<T>;
  /** Settles when the new refresh token of an answer is kept; at once where there is none. */
  readonly keep: (refreshToken: string | null, successor: string | undefined) => Promise<void>;
}

/** openid-client gives out an answer when it has judged all of it, which is too late for what must be kept first. */
export const createSuccessors = (): Successors => {
  const keepers = new Map<string, KeepSuccessor>();
  return {
    during: async (refreshToken, keep, run) => {
      if (keep !== undefined) keepers.set(refreshToken, keep);
      try {
        return await run();
      } finally {
        keepers.delete(refreshToken);
      }
    },
    keep: async (refreshToken, successor) => {
      if (refreshToken !== null && successor !== undefined) await keepers.get(refreshToken)?.(successor);
    },
  };
};
