const lifetimeMs = 60_000;
const mostRemembered = 1000;

/** Sessions of the last minute that no later request has shown yet, each with the visitor who signed in. */
export interface UnprovenSessions {
  readonly add: (id: string, visitor: string) => void;
  /** Forgets a session that was seen. */
  readonly prove: (id: string) => void;
  /** Whether this visitor has one; it is forgotten then. */
  readonly take: (visitor: string) => boolean;
}

/** Makes the memory of one process: many sign-ins within a minute push the oldest out. */
export const createUnprovenSessions = (clock: () => number): UnprovenSessions => {
  const sessions = new Map<string, { readonly visitor: string; readonly at: number }>();
  return {
    add: (id, visitor) => {
      const [oldest] = sessions.keys();
      if (sessions.size >= mostRemembered && oldest !== undefined) sessions.delete(oldest);
      sessions.set(id, { visitor, at: clock() });
    },
    prove: (id) => void sessions.delete(id),
    take: (visitor) => {
      const since = clock() - lifetimeMs;
      for (const [id, session] of sessions) {
        if (session.visitor !== visitor || session.at < since) continue;
        sessions.delete(id);
        return true;
      }
      return false;
    },
  };
};
