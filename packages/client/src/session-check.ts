import type { SessionSnapshot } from './session-snapshot.ts';

/** Asks who is signed in, and publishes what the newest question finds. */
export interface SessionCheck {
  /** Joins a question under way that does at least as much: one that slides serves one that does not. */
  readonly join: (slides: boolean) => Promise<SessionSnapshot>;
  /** Asks anew without sliding: what is on its way may be older than the news. */
  readonly renew: () => Promise<SessionSnapshot>;
}

/** Makes the one way to ask; an answer that a newer question has overtaken is dropped. */
export const createSessionCheck = (
  ask: (slides: boolean) => Promise<SessionSnapshot>,
  publish: (found: SessionSnapshot) => SessionSnapshot,
): SessionCheck => {
  let newest: Promise<SessionSnapshot> | undefined;
  let running: 'looking' | 'sliding' | undefined;
  const start = (slides: boolean): Promise<SessionSnapshot> => {
    const settled: Promise<SessionSnapshot> = ask(slides).then((found) => {
      if (newest !== settled) return newest ?? found;
      running = undefined;
      return publish(found);
    });
    running = slides ? 'sliding' : 'looking';
    newest = settled;
    return settled;
  };
  return {
    join: (slides) => {
      const isEnough = running === 'sliding' || (running === 'looking' && !slides);
      return isEnough && newest ? newest : start(slides);
    },
    renew: () => start(false),
  };
};
