import { paths } from '@foyer/contract';
import type { BffOrigin } from './bff-origin.ts';
import type { Departure } from './departure.ts';

/** An API asks for a stronger or more recent sign-in: the browser is about to leave for it. @see RFC 9470 section 3 */
export interface StepUpEvent {
  /** Goes there, and then back to this page. */
  readonly leave: () => void;
  /** Keeps the browser here: the view asks the user first, and then calls `leave`. */
  readonly preventDefault: () => void;
}

/** The stronger sign-ins that APIs ask for. */
export interface StepUp {
  /** Starts the sign-in at an address that the BFF named, unless it is the one that this page has just come back from. */
  readonly start: (loginUrl: string) => void;
  /** Calls `listener` before the browser leaves; returns the function that unsubscribes it. */
  readonly follow: (listener: (event: StepUpEvent) => void) => () => void;
}

/** How long after its start a page does not leave for the sign-in that it came back from: there would be no end. */
const settlingMs = 60_000;

const storageKey = 'foyer step-up';

/** Takes the sign-in that this page was left for. A browser that keeps no storage has none. */
const takeLast = (): string | undefined => {
  try {
    const last = sessionStorage.getItem(storageKey) ?? undefined;
    sessionStorage.removeItem(storageKey);
    return last;
  } catch {
    return undefined;
  }
};

/** Whether the sign-in could be noted down. Without a note the page would leave again and again. */
const noteDown = (login: string): boolean => {
  try {
    sessionStorage.setItem(storageKey, login);
    return true;
  } catch {
    return false;
  }
};

/** The parameters of a login that a stronger sign-in has; an upstream's own problem can name nothing else. */
const stepUpParameters = ['acr_values', 'max_age', 'prompt'];

const readQuery = (loginUrl: string, origin: BffOrigin): string => {
  const { searchParams } = origin.resolve(loginUrl);
  return String(new URLSearchParams([...searchParams].filter(([name]) => stepUpParameters.includes(name))));
};

/** Creates the stronger sign-ins of one client. */
export const createStepUp = (origin: BffOrigin, departure: Departure): StepUp => {
  const last = takeLast();
  const startedAt = performance.now();
  const listeners = new Set<(event: StepUpEvent) => void>();

  const leave = (query: string): void => {
    if (departure.isUnderWay() || !noteDown(query)) return;
    departure.begin();
    const returnTo = new URLSearchParams({ returnTo: origin.returnTo(location.href) });
    departure.leaveFor(origin.at(`${paths.login}?${query}&${returnTo}`));
  };

  return {
    start: (loginUrl) => {
      const query = readQuery(loginUrl, origin);
      const isBackFromIt = query === last && performance.now() - startedAt < settlingMs;
      if (query === '' || isBackFromIt || departure.isUnderWay()) return;
      let isPrevented = false;
      const event: StepUpEvent = {
        leave: () => leave(query),
        preventDefault: () => {
          isPrevented = true;
        },
      };
      for (const listener of listeners) listener(event);
      if (!isPrevented) leave(query);
    },
    follow: (listener) => {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
  };
};
