/** Who listens to the messages of a store, in this process. */
export interface MessageListeners {
  /** Adds a listener; returns the way to remove it. */
  readonly add: (listener: (message: string) => void, missed?: () => void) => () => void;
  /** Calls every listener. Never throws: a message comes from outside, and the caller is an emitter or a timer. */
  readonly deliver: (message: string) => void;
  /** Calls every listener's `missed`. Never throws. */
  readonly deliverMissed: () => void;
  readonly isEmpty: () => boolean;
}

interface Listener {
  readonly listener: (message: string) => void;
  readonly missed: (() => void) | undefined;
}

const callEach = (calls: readonly (() => void)[]): void => {
  for (const call of calls) {
    try {
      call();
    } catch {
      // What a listener throws is its own: neither the other listeners nor the connection may suffer from it.
    }
  }
};

/** Makes an empty list of listeners. */
export const createMessageListeners = (): MessageListeners => {
  const listeners = new Set<Listener>();
  return {
    add: (listener, missed) => {
      const added = { listener, missed };
      listeners.add(added);
      return () => {
        listeners.delete(added);
      };
    },
    deliver: (message) =>
      callEach(
        [...listeners].map(
          ({ listener }) =>
            () =>
              listener(message),
        ),
      ),
    deliverMissed: () => callEach([...listeners].flatMap(({ missed }) => missed ?? [])),
    isEmpty: () => listeners.size === 0,
  };
};
