import type { SignedOutReason } from '@foyer/contract';
import type { Departure } from './departure.ts';
import { followPage } from './follow-page.ts';
import { startLiveEvents } from './live-events.ts';
import { startRetry } from './retry.ts';
import type { SessionCheck } from './session-check.ts';
import { type SessionSnapshot, sessionOf, withReason } from './session-snapshot.ts';
import type { Tabs } from './tabs.ts';

/** Keeps the snapshot up to date while there is a subscriber: by live events, retries, other tabs and page events. */
export interface SessionWatch {
  /** Adapts to a new snapshot. */
  readonly follow: (snapshot: SessionSnapshot) => void;
  readonly close: () => void;
}

/** What the watch depends on. */
export interface SessionWatchDependencies {
  readonly eventsUrl: URL;
  readonly tabs: Tabs;
  readonly check: SessionCheck;
  readonly departure: Departure;
  readonly getSnapshot: () => SessionSnapshot;
  readonly publish: (next: SessionSnapshot) => SessionSnapshot;
}

type Recheck = () => void;

const watchEvents = (
  { eventsUrl, check, departure, getSnapshot, publish }: SessionWatchDependencies,
  recheck: Recheck,
) => {
  const ended = async (reason: SignedOutReason | undefined): Promise<void> => {
    if (departure.isUnderWay()) return;
    const found = await check.renew();
    // A new login may have replaced the session that ended.
    if (found.status === 'anonymous') publish(withReason(found, reason));
  };
  return startLiveEvents(eventsUrl, {
    onEnded: (reason) => void ended(reason),
    onExpiring: (expiring) => {
      const snapshot = getSnapshot();
      if (snapshot.status !== 'signed-in') return;
      // What another tab repeats may be older than this page's own answer. Both are ISO times of the server.
      if (expiring.expiresAt >= snapshot.session.idleExpiresAt) publish({ ...snapshot, expiring });
    },
    onMissing: recheck,
    isLeaving: departure.isUnderWay,
  });
};

const watchPage = (
  { check, departure, publish }: SessionWatchDependencies,
  recheck: Recheck,
): (() => void) => {
  const hide = (): void => void publish({ status: 'loading' });
  return followPage({
    recheck,
    frozen: hide,
    restored: () => {
      departure.cancel();
      hide();
      check.renew();
    },
  });
};

/** Starts the watch. */
export const startSessionWatch = (dependencies: SessionWatchDependencies): SessionWatch => {
  const { tabs, check, departure, getSnapshot } = dependencies;
  const recheck = (): void => {
    if (!departure.isUnderWay()) check.join(false);
  };
  const live = watchEvents(dependencies, recheck);
  const retry = startRetry(recheck);
  const unfollowTabs = tabs.follow((session) => {
    if (session !== sessionOf(getSnapshot()) && !departure.isUnderWay()) check.renew();
  });
  const unfollowPage = watchPage(dependencies, recheck);
  return {
    follow: (snapshot) => {
      const session = sessionOf(snapshot);
      if (session !== undefined) tabs.announce(session);
      live.follow(snapshot.status === 'signed-in');
      retry.follow(snapshot.status === 'unreachable');
    },
    close: () => {
      live.close();
      retry.close();
      unfollowTabs();
      unfollowPage();
    },
  };
};
