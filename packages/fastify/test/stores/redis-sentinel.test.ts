import { findRedis, startSentinelRedis } from '@foyer/testkit';
import { expect, onTestFinished, test, vi } from 'vitest';
import { openSessionStore } from '../../src/stores/open-session-store.ts';
import type { NewStoredSession } from '../../src/stores/session-store.ts';

const session = (id: string): NewStoredSession => ({
  id,
  version: 1,
  sealed: Uint8Array.of(1),
  lastSeenAt: Date.now(),
  expiresAt: Date.now() + 60_000,
  lastsUntil: Date.now() + 60_000,
  subject: 'subject',
  providerSession: undefined,
  about: Uint8Array.of(2),
});

test.runIf(findRedis() !== undefined)(
  'when the server dies, sessions and messages go on with the one that the sentinels put in its place',
  async () => {
    await using sentinel = await startSentinelRedis();
    const store = await openSessionStore(sentinel.url);
    onTestFinished(() => store.close());
    const heard: string[] = [];
    store.subscribe((message) => heard.push(message));
    await store.check();
    await store.insert(session('before'));
    await sentinel.replicated();
    await sentinel.master.kill();
    const start = performance.now();
    await expect(async () => store.read('before')).rejects.toThrow();
    expect(performance.now() - start).toBeLessThan(1500);
    await vi.waitFor(() => store.check(), { timeout: 15_000, interval: 50 });
    expect(await store.read('before')).toMatchObject({ id: 'before', version: 1 });
    await store.insert(session('after'));
    expect(await store.findBySubject('subject')).toHaveLength(2);
    await store.publish('ended');
    await expect.poll(() => heard).toEqual(['ended']);
  },
);
