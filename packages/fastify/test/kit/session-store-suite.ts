import { randomUUID } from 'node:crypto';
import { expect, onTestFinished, test } from 'vitest';
import type { NewStoredSession, SessionStore } from '../../src/stores/session-store.ts';

/** A store to hold to its promises. */
export interface StoreUnderTest {
  /** Opens a handle on the same sessions each time. */
  readonly open: () => Promise<SessionStore>;
  /** Whether a second handle would not see them: then there is one only. Default `false`. */
  readonly isAlone?: boolean;
}

let made = 0;

/** A session like no other. */
export const session = (changes: Partial<NewStoredSession> = {}): NewStoredSession => {
  made += 1;
  const now = Date.now();
  return {
    id: randomUUID(),
    version: 1,
    sealed: Uint8Array.of(255, 0, made),
    lastSeenAt: now,
    expiresAt: now + 60_000,
    lastsUntil: now + 600_000,
    subject: randomUUID(),
    providerSession: randomUUID(),
    about: Uint8Array.of(254, made),
    ...changes,
  };
};

/** The tests that every session store passes, one's own as well. */
export const testSessionStore = ({ open: openHandle, isAlone = false }: StoreUnderTest): void => {
  const open = async (): Promise<SessionStore> => {
    const store = await openHandle();
    onTestFinished(() => store.close());
    return store;
  };

  test('a session is read as it was inserted', async () => {
    const store = await open();
    const one = session();
    await store.insert(one);
    const { id, version, sealed, lastSeenAt, expiresAt } = one;
    const stored = await store.read(id);
    expect({ ...stored, sealed: [...(stored?.sealed ?? [])] }).toMatchObject({
      ...{ id, version, lastSeenAt, expiresAt },
      sealed: [...sealed],
    });
    expect(await store.count()).toBeGreaterThan(0);
    await store.check();
  });

  test('a record of the known version may be left out, any other may not', async () => {
    const store = await open();
    const { id, sealed } = session();
    await store.insert(session({ id, sealed }));
    const known = await store.read(id, 1);
    expect(known).toMatchObject({ id, version: 1 });
    expect([...(known?.sealed ?? sealed)]).toEqual([...sealed]);
    await store.update(id, 1, Uint8Array.of(200));
    expect([...((await store.read(id, 1))?.sealed ?? [])]).toEqual([200]);
    expect([...((await store.read(id))?.sealed ?? [])]).toEqual([200]);
  });

  test('an update and a touch change what is read: version, times and end', async () => {
    const store = await open();
    const { id, lastSeenAt, expiresAt } = session();
    expect(await store.read(id)).toBe(undefined);
    await store.insert(session({ id, lastSeenAt, expiresAt }));
    expect(await store.read(id)).toMatchObject({ version: 1, lastSeenAt, expiresAt });
    await store.update(id, 1, Uint8Array.of(200));
    await store.touch(id, lastSeenAt + 5, expiresAt + 5);
    expect(await store.read(id)).toMatchObject({
      ...{ version: 2, lastSeenAt: lastSeenAt + 5, expiresAt: expiresAt + 5 },
    });
    await store.remove(id);
    expect(await store.read(id)).toBe(undefined);
  });

  test('what another connection writes is seen at the very next look', async () => {
    const here = await open();
    const there = isAlone ? here : await open();
    const { id, lastSeenAt, expiresAt, ...rest } = session();
    await here.insert({ id, lastSeenAt, expiresAt, ...rest });
    for (let version = 2; version < 12; version += 1) {
      await there.update(id, version - 1, Uint8Array.of(version));
      expect(await here.read(id)).toMatchObject({ version });
      await there.touch(id, lastSeenAt + version, expiresAt + version);
      expect(await here.read(id)).toMatchObject({ version, lastSeenAt: lastSeenAt + version });
    }
    await there.remove(id);
    expect(await here.read(id)).toBe(undefined);
  });

  test('an expired session is gone', async () => {
    const store = await open();
    const one = session({ expiresAt: Date.now() + 100 });
    await store.insert(one);
    await expect.poll(() => store.read(one.id)).toBe(undefined);
    expect(await store.read(one.id)).toBe(undefined);
    expect(await store.touch(one.id, Date.now(), Date.now() + 1000)).toBe(false);
    expect(await store.findBySubject(one.subject)).toEqual([]);
  });

  test('a session is never seen earlier than before, nor ends earlier', async () => {
    const store = await open();
    const { id, lastSeenAt, expiresAt } = session();
    await store.insert(session({ id, lastSeenAt, expiresAt }));
    expect(await store.touch(id, lastSeenAt - 5, expiresAt - 5)).toBe(true);
    expect(await store.read(id)).toMatchObject({ lastSeenAt, expiresAt });
  });

  test('an update and a touch leave a session on its lists', async () => {
    const store = await open();
    const one = session();
    await store.insert(one);
    await store.update(one.id, 1, Uint8Array.of(200, 201));
    await store.touch(one.id, one.lastSeenAt + 5, one.expiresAt + 5);
    const [found] = await store.findBySubject(one.subject);
    expect([found?.id, found?.lastSeenAt, ...(found?.about ?? [])]).toEqual([
      ...[one.id, one.lastSeenAt + 5, ...one.about],
    ]);
    await store.remove(one.id);
    expect(await store.findBySubject(one.subject)).toEqual([]);
    expect(await store.findByProviderSession(`${one.providerSession}`)).toEqual([]);
  });

  test('an update replaces only the version it read', async () => {
    const store = await open();
    const { id } = session();
    await store.insert(session({ id }));
    expect(await store.update(id, 1, Uint8Array.of(200))).toBe(true);
    expect(await store.update(id, 1, Uint8Array.of(201))).toBe(false);
    const stored = await store.read(id);
    expect([stored?.version, ...(stored?.sealed ?? [])]).toEqual([2, 200]);
  });

  test('an ended session is not written back, and one remover learns that it ended it', async () => {
    const store = await open();
    const one = session();
    await store.insert(one);
    const removed = await Promise.all([store.remove(one.id), store.remove(one.id)]);
    expect(removed.toSorted()).toEqual([false, true]);
    expect(await store.update(one.id, 1, one.sealed)).toBe(false);
    expect(await store.touch(one.id, Date.now(), one.expiresAt)).toBe(false);
    expect(await store.read(one.id)).toBe(undefined);
    expect(await store.findBySubject(one.subject)).toEqual([]);
  });

  test('sessions are found by subject and by provider session', async () => {
    const store = await open();
    const one = session();
    const two = session({ subject: one.subject, providerSession: undefined });
    await store.insert(one);
    await store.insert(two);
    const found = await store.findBySubject(one.subject);
    expect(found.map(({ id, about }) => [id, ...about]).toSorted()).toEqual(
      [one, two].map(({ id, about }) => [id, ...about]).toSorted(),
    );
    expect(await store.findByProviderSession(`${one.providerSession}`)).toEqual([one.id]);
  });

  test('a value is claimed once', async () => {
    const store = await open();
    const until = Date.now() + 60_000;
    const [once, other] = [randomUUID(), randomUUID()];
    expect(await store.readClaim(once)).toBe(undefined);
    expect([await store.claim(once, until), await store.claim(once, until)]).toEqual([true, false]);
    expect([await store.readClaim(once), await store.readClaim(other)]).toEqual([0, undefined]);
  });

  test('of several claims of a value the greatest note and the latest end stay', async () => {
    const store = await open();
    const value = randomUUID();
    const until = Date.now() + 60_000;
    const soon = Date.now() + 1;
    const claimed = [await store.claim(value, until, 5), await store.claim(value, soon, 7)];
    expect([...claimed, await store.claim(value, soon, 6)]).toEqual([true, false, false]);
    await expect.poll(() => Date.now() > soon).toBe(true);
    expect(await store.readClaim(value)).toBe(7);
  });

  test('a claim that is remembered is noted, and no other, and its note never falls', async () => {
    const store = await open();
    const [value, unknown] = [randomUUID(), randomUUID()];
    const until = Date.now() + 60_000;
    await store.claim(value, until);
    for (const note of [2, 1]) await store.noteClaim(value, note);
    await store.noteClaim(unknown, 1);
    expect([await store.readClaim(value), await store.readClaim(unknown)]).toEqual([2, undefined]);
    expect([await store.claim(value, until), await store.claim(unknown, until)]).toEqual([false, true]);
  });

  test('a lease is exclusive, ends by itself and is released only by its holder', async () => {
    const store = await open();
    const lease = randomUUID();
    expect(await store.acquireLease(lease, 'a', 100)).toBe(true);
    expect(await store.acquireLease(lease, 'b', 60_000)).toBe(false);
    await expect.poll(() => store.acquireLease(lease, 'b', 60_000)).toBe(true);
    await store.releaseLease(lease, 'a');
    expect(await store.acquireLease(lease, 'a', 100)).toBe(false);
    await store.releaseLease(lease, 'b');
    expect(await store.acquireLease(lease, 'a', 100)).toBe(true);
  });

  test('a lease is renewed by its holder alone', async () => {
    const store = await open();
    const lease = randomUUID();
    expect(await store.acquireLease(lease, 'a', 5000)).toBe(true);
    expect(await store.acquireLease(lease, 'a', 60_000)).toBe(true);
    expect(await store.acquireLease(lease, 'b', 60_000)).toBe(false);
    expect(await store.acquireLease(lease, 'a', 50)).toBe(true);
    await expect.poll(() => store.acquireLease(lease, 'b', 60_000)).toBe(true);
    expect(await store.acquireLease(lease, 'a', 60_000)).toBe(false);
  });

  test('a message reaches every handle', async () => {
    const store = await open();
    const other = isAlone ? store : await open();
    const heard: string[] = [];
    const stops = [store, other].map((each, at) => each.subscribe((text) => heard.push(`${at} ${text}`)));
    await store.publish('ended');
    await expect.poll(() => heard.toSorted()).toEqual(['0 ended', '1 ended']);
    for (const stop of stops) stop();
  });
};
