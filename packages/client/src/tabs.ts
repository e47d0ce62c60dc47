/** The channel between the tabs of this browser, in which each announces the session that it knows. */
export interface Tabs {
  /**
   * Announces a session's public handle to the other tabs, unless it was the last one announced. The empty string stands
   * for no session.
   */
  readonly announce: (session: string) => void;
  /** Calls `listener` with each session that another tab announces; returns the function that stops it. */
  readonly follow: (listener: (session: unknown) => void) => () => void;
}

/** Creates the channel between the tabs that use the same BFF. In a browser without `BroadcastChannel` it is silent. */
export const createTabs = (bff: string): Tabs => {
  const open = (): BroadcastChannel | undefined =>
    globalThis.BroadcastChannel && new BroadcastChannel(`foyer ${bff}`);
  let lastAnnounced: unknown;
  return {
    announce: (session) => {
      if (session === lastAnnounced) return;
      lastAnnounced = session;
      const channel = open();
      channel?.postMessage(session);
      channel?.close();
    },
    follow: (listener) => {
      const channel = open();
      channel?.addEventListener('message', ({ data }) => {
        lastAnnounced = data;
        listener(data);
      });
      return () => channel?.close();
    },
  };
};
