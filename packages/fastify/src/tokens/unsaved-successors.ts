/** New refresh tokens that the store did not take: the provider knows no other for their sessions. */
export interface UnsavedSuccessors {
  /** Keeps what follows the refresh token that is stored for a session. */
  readonly keep: (sessionId: string, stored: string | undefined, successor: string | undefined) => void;
  /** The refresh token to use where `stored` is what the store has. */
  readonly newest: (sessionId: string, stored: string) => string;
  /** The store has the newest one. */
  readonly forget: (sessionId: string) => void;
}

const maxSessions = 10_000;

/** Makes the memory of one process; the oldest are dropped where too many sessions are in it. */
export const createUnsavedSuccessors = (): UnsavedSuccessors => {
  const sessions = new Map<string, { readonly stored: string; readonly successor: string }>();
  return {
    keep: (sessionId, stored, successor) => {
      if (stored === undefined || successor === undefined || successor === stored) return;
      sessions.delete(sessionId);
      sessions.set(sessionId, { stored, successor });
      const [oldest] = sessions.keys();
      if (sessions.size > maxSessions && oldest !== undefined) sessions.delete(oldest);
    },
    newest: (sessionId, stored) => {
      const kept = sessions.get(sessionId);
      return kept?.stored === stored ? kept.successor : stored;
    },
    forget: (sessionId) => {
      sessions.delete(sessionId);
    },
  };
};
