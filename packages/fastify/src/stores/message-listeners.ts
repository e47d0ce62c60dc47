interface Listener {
  readonly listener: (message: string) => void;
  readonly missed: (() => void) | undefined;
}

/** Makes an empty list of those in this process who listen to the messages of a store. */
export const createMessageListeners = () => {
  const listeners = new Set<Listener>();
  const callEach = (call: (each: Listener) => void): void => {
    for (const each of [...listeners]) {
      try {
        call(each);
      } catch {
        // An error of one listener must not reach the other listeners, nor the emitter or timer that calls.
      }
    }
  };
  return {
    /** Adds a listener; returns the way to remove it. */
    add: (listener: (message: string) => void, missed?: () => void) => {
      const added = { listener, missed };
      listeners.add(added);
      return () => {
        listeners.delete(added);
      };
    },
    deliver: (message: string): void => callEach(({ listener }) => listener(message)),
    deliverMissed: (): void => callEach(({ missed }) => missed?.()),
    isEmpty: (): boolean => listeners.size === 0,
  };
};
