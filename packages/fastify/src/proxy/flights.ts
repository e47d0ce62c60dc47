import type { Problem } from '../problems.ts';

/** A proxied request that is under way. */
export interface Flight {
  /** Milliseconds of `performance.now()` by which the upstream has to have done something; `Infinity` for never. */
  readonly deadline: () => number;
  /** Called once when the deadline has passed. */
  readonly onLate: () => void;
  /** Called once when the flight takes longer than most: what is only worth doing then. */
  readonly onLong: () => void;
  /** Ends it with the problem to answer; half way through an answer, the browser's connection is cut. */
  readonly cut: (problem: Problem | undefined) => void;
  /** Whether it has no end of its own. */
  readonly isStream: () => boolean;
}

/** The requests that are under way, looked after by one timer instead of one each. */
export interface Flights {
  readonly add: (flight: Flight) => void;
  readonly remove: (flight: Flight) => void;
  /** Cuts those without an end of their own. */
  readonly cutStreams: () => void;
}

/** Milliseconds between two looks, and until a flight is a long one. */
const interval = 50;

/**
 * Many that come and go. A `Set` would be made anew every few of them, and each of its remains keeps the next one and
 * all that stood in it from the garbage collector for long.
 */
const createCrowd = () => {
  const members: Flight[] = [];
  return {
    list: (): readonly Flight[] => members.slice(),
    add: (flight: Flight): unknown => members.push(flight),
    remove: (flight: Flight): boolean => {
      const index = members.indexOf(flight);
      if (index === -1) return false;
      const last = members.pop();
      if (last !== undefined && last !== flight) members[index] = last;
      return true;
    },
    isEmpty: (): boolean => members.length === 0,
  };
};

/** Makes the watch; its timer runs only while something is under way. */
export const createFlights = (): Flights => {
  const short = createCrowd();
  const long = createCrowd();
  let timer: NodeJS.Timeout | undefined;
  let last = performance.now();

  const look = (): void => {
    const now = performance.now();
    for (const flight of short.list()) {
      if (flight.deadline() <= now) flight.onLate();
      if (now - last < interval || !short.remove(flight)) continue;
      long.add(flight);
      flight.onLong();
    }
    for (const flight of long.list()) if (flight.deadline() <= now) flight.onLate();
    last = now;
    if (!short.isEmpty() || !long.isEmpty()) return;
    clearInterval(timer);
    timer = undefined;
  };

  return {
    add: (flight) => {
      short.add(flight);
      if (timer !== undefined) return;
      last = performance.now();
      timer = setInterval(look, interval);
      timer.unref();
    },
    remove: (flight) => {
      if (!short.remove(flight)) long.remove(flight);
    },
    cutStreams: () => {
      for (const flight of [...short.list(), ...long.list()]) if (flight.isStream()) flight.cut(undefined);
    },
  };
};
