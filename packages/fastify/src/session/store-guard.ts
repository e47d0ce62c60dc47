import { type Observe, secondsSince } from '../logging/observation.ts';
import { Problem } from '../problems.ts';
import type { SessionStore } from '../stores/session-store.ts';

const limitMs = 1000;

const unavailable = (cause: unknown): Problem =>
  new Problem('store_unavailable', 'The session store failed', { cause, retryAfter: 1 });

/** The same store, whose every failure is the problem `store_unavailable` and whose every wait ends within a second. */
export const guardStore = (store: SessionStore, observe?: Observe): SessionStore => {
  const guarded = <T>(operation: string, work: () => Promise<T>): Promise<T> =>
    new Promise((resolve, reject) => {
      const start = performance.now();
      let isOver = false;
      let timer: NodeJS.Timeout | undefined;
      const end = (outcome: 'succeeded' | 'failed'): void => {
        if (isOver) return;
        isOver = true;
        clearTimeout(timer);
        observe?.({ kind: 'store_call', operation, outcome, seconds: secondsSince(start) });
      };
      const fail = (error: unknown): void => {
        end('failed');
        reject(unavailable(error));
      };
      const giveUp = (): void => fail(new Error(`No answer within ${limitMs} ms`));
      const limit = (): void => {
        // A process that stood still has answers waiting when its timers are late: they are read before it gives up.
        if (!isOver) timer = setTimeout(() => setImmediate(giveUp), limitMs);
      };
      try {
        work().then((value) => {
          end('succeeded');
          resolve(value);
        }, fail);
      } catch (error) {
        fail(error);
      }
      // A store that answers at once, as sqlite does, needs no timer.
      queueMicrotask(limit);
    });
  return {
    insert: (session) => guarded('insert', () => store.insert(session)),
    read: (id, knownVersion) => guarded('read', () => store.read(id, knownVersion)),
    update: (id, version, sealed) => guarded('update', () => store.update(id, version, sealed)),
    touch: (id, lastSeenAt, expiresAt) => guarded('touch', () => store.touch(id, lastSeenAt, expiresAt)),
    remove: (id) => guarded('remove', () => store.remove(id)),
    findBySubject: (subject) => guarded('find_by_subject', () => store.findBySubject(subject)),
    findByProviderSession: (session) =>
      guarded('find_by_provider_session', () => store.findByProviderSession(session)),
    claim: (value, expiresAt, note) => guarded('claim', () => store.claim(value, expiresAt, note)),
    noteClaim: (value, note) => guarded('note_claim', () => store.noteClaim(value, note)),
    readClaim: (value) => guarded('read_claim', () => store.readClaim(value)),
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
