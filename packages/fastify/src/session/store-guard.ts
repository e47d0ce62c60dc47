import { Problem } from '../problems.ts';
import type { Eventually, SessionStore } from './stores/session-store.ts';

const limit = 1000;

const unavailable = (cause: unknown): Problem =>
  new Problem('store_unavailable', 'The session store failed', { cause, retryAfter: 1 });

const bounded = async <T>(answer: Promise<T>): Promise<T> => {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error(`No answer within ${limit} ms`)), limit);
  });
  try {
    return await Promise.race([answer, late]);
  } catch (error) {
    throw unavailable(error);
  } finally {
    clearTimeout(timer);
  }
};

const attempt = <T>(work: () => Eventually<T>): Eventually<T> => {
  let answer: Eventually<T>;
  try {
    answer = work();
  } catch (error) {
    throw unavailable(error);
  }
  return answer instanceof Promise ? bounded(answer) : answer;
};

/** The same store, whose every failure is the problem `store_unavailable` and whose every wait ends within a second. */
export const guardStore = (store: SessionStore): SessionStore => ({
  insert: (session) => attempt(() => store.insert(session)),
  read: (id) => attempt(() => store.read(id)),
  readState: (id) => attempt(() => store.readState(id)),
  update: (id, expectedVersion, sealed) => attempt(() => store.update(id, expectedVersion, sealed)),
  touch: (id, lastSeenAt, expiresAt) => attempt(() => store.touch(id, lastSeenAt, expiresAt)),
  remove: (id) => attempt(() => store.remove(id)),
  findBySubject: (subject) => attempt(() => store.findBySubject(subject)),
  findByProviderSession: (providerSession) => attempt(() => store.findByProviderSession(providerSession)),
  claim: (value, expiresAt) => attempt(() => store.claim(value, expiresAt)),
  acquireLease: (name, holder, milliseconds) => attempt(() => store.acquireLease(name, holder, milliseconds)),
  releaseLease: (name, holder) => attempt(() => store.releaseLease(name, holder)),
  publish: (message) => attempt(() => store.publish(message)),
  subscribe: (listener) => store.subscribe(listener),
  count: () => attempt(() => store.count()),
  check: () => attempt(() => store.check()),
  close: () => store.close(),
});
