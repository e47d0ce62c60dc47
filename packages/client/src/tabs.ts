/** The tabs of this browser, which tell each other whose session they see. */
export interface Tabs {
  /** Tells the other tabs, unless they have said the same; the empty text is nobody's session. */
  readonly tell: (session: string) => void;
  /** Listens to what the other tabs tell; gives back the way to stop. */
  readonly follow: (told: (session: unknown) => void) => () => void;
}

/** Opens the way to the tabs that have the same BFF; the browser must know `BroadcastChannel`. */
export const createTabs = (bff: string): Tabs => {
  const open = (): BroadcastChannel => new BroadcastChannel(`foyer ${bff}`);
  let agreed: unknown;
  return {
    tell: (session) => {
      if (session === agreed) return;
      agreed = session;
      const channel = open();
      channel.postMessage(session);
      channel.close();
    },
    follow: (told) => {
      const channel = open();
      channel.addEventListener('message', ({ data }) => {
        agreed = data;
        told(data);
      });
      return () => channel.close();
    },
  };
};
