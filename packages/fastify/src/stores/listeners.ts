/** Those in this process who listen to one thing. */
export interface Listeners<Heard> {
  /** Adds a listener; returns the way to remove it. */
  readonly add: (listener: (heard: Heard) => void) => () => void;
  readonly call: (heard: Heard) => void;
  readonly isEmpty: () => boolean;
}

/** Makes an empty list. An error of one listener reaches neither the others, nor the emitter or timer that calls. */
export const createListeners = <Heard>(onError?: (error: unknown) => void): Listeners<Heard> => {
  const listeners = new Set<{ readonly listener: (heard: Heard) => void }>();
  return {
    add: (listener) => {
      const added = { listener };
      listeners.add(added);
      return () => {
        listeners.delete(added);
      };
    },
    call: (heard) => {
      for (const { listener } of [...listeners]) {
        try {
          listener(heard);
        } catch (error) {
          onError?.(error);
        }
      }
    },
    isEmpty: () => listeners.size === 0,
  };
};
