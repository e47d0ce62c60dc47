import { type Observe, secondsSince } from '../logging/observation.ts';
import { Problem } from '../problems.ts';
import type { Eventually, SessionStore } from '../stores/session-store.ts';

const limit = 1000;

const unavailable = (cause: unknown): Problem =>
  new Problem('store_unavailable', 'The session store failed', { cause, retryAfter: 1 });

/** A process that stood still has answers waiting when its timers are late: they are read before it gives up. */
const bounded = <T>(answer: Promise<T>): Promise<T> =>
  new Promise((resolve, reject) => {
    const fail = (cause: unknown): void => reject(unavailable(cause));
    const giveUp = (): void => fail(new Error(`No answer within ${limit} ms`));
    const timer = setTimeout(() => setImmediate(giveUp), limit);
    answer.then(resolve, fail).finally(() => clearTimeout(timer));
  });

const attempt = <T>(work: () => Eventually<T>): Eventually<T> => {
  let answer: Eventually<T>;
  try {
    answer = work();
  } catch (error) {
    throw unavailable(error);
  }
  return answer instanceof Promise ? bounded(answer) : answer;
};

type Attempt = <T>(operation: string, work: () => Eventually<T>) => Eventually<T>;

const createObservedAttempt =
  (observe: Observe): Attempt =>
  (operation, work) => {
    const start = performance.now();
    const tell = (hasFailed: boolean): void =>
      observe({ kind: 'store_call', operation, hasFailed, seconds: secondsSince(start) });
    try {
      const answer = attempt(work);
      if (answer instanceof Promise) {
        answer.then(
          () => tell(false),
          () => tell(true),
        );
      } else tell(false);
      return answer;
    } catch (error) {
      tell(true);
      throw error;
    }
  };

/** The same store, whose every failure is the problem `store_unavailable` and whose every wait ends within a second. */
export const guardStore = (store: SessionStore, observe?: Observe): SessionStore => {
  const guarded: Attempt =
    observe === undefined ? (_operation, work) => attempt(work) : createObservedAttempt(observe);
  return {
    insert: (session) => guarded('insert', () => store.insert(session)),
    read: (id) => guarded('read', () => store.read(id)),
    readState: (id) => guarded('read_state', () => store.readState(id)),
    update: (id, version, sealed) => guarded('update', () => store.update(id, version, sealed)),
    touch: (id, lastSeenAt, expiresAt) => guarded('touch', () => store.touch(id, lastSeenAt, expiresAt)),
    remove: (id) => guarded('remove', () => store.remove(id)),
    findBySubject: (subject) => guarded('find_by_subject', () => store.findBySubject(subject)),
    findByProviderSession: (session) =>
      guarded('find_by_provider_session', () => store.findByProviderSession(session)),
    claim: (value, expiresAt) => guarded('claim', () => store.claim(value, expiresAt)),
    isClaimed: (value) => guarded('is_claimed', () => store.isClaimed(value)),
    acquireLease: (id, holder, milliseconds) =>
      guarded('acquire_lease', () => store.acquireLease(id, holder, milliseconds)),
    releaseLease: (id, holder) => guarded('release_lease', () => store.releaseLease(id, holder)),
    publish: (message) => guarded('publish', () => store.publish(message)),
    subscribe: (listener, missed) => store.subscribe(listener, missed),
    count: () => guarded('count', () => store.count()),
    check: () => guarded('check', () => store.check()),
    close: () => store.close(),
  };
};
