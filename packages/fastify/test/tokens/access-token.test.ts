import { expect, onTestFinished, test } from 'vitest';
import { Problem } from '../../src/problems.ts';
import { RefreshRefused } from '../../src/provider/provider.ts';
import { openSqliteStore } from '../../src/stores/sqlite/sqlite-store.ts';
import { clock, get, idle, makeFile, signIn, standIn, startInstance } from '../kit/start-sessions.ts';

const nothing = { idToken: undefined, claims: undefined };

test('100 calls on two instances refresh once', async () => {
  const file = await makeFile();
  let grants = 0;
  const provider = standIn(async (refreshToken) => {
    grants += 1;
    if (refreshToken !== `refresh-${grants}`) throw new RefreshRefused('reuse');
    await new Promise((resolve) => setImmediate(resolve));
    return {
      accessToken: 'second',
      accessTokenExpiresAt: clock.now + 60_000,
      refreshToken: `refresh-${grants + 1}`,
      ...nothing,
    };
  });
  const instances = [await startInstance(file, provider), await startInstance(file, provider)] as const;
  const cookie = await signIn(instances[0]);
  clock.now += 45_000;
  const calls = Array.from({ length: 100 }, (_, call) => get(instances[call % 2 ? 1 : 0], '/token', cookie));
  expect(new Set(await Promise.all(calls))).toEqual(new Set(['second']));
  expect(grants).toBe(1);
});

test('a refresh that takes long is still the only one: its holder renews the lease', async () => {
  const file = await makeFile();
  let grants = 0;
  const answer = Promise.withResolvers<void>();
  const provider = standIn(async () => {
    grants += 1;
    await answer.promise;
    const accessTokenExpiresAt = clock.now + 60_000;
    return { accessToken: 'second', accessTokenExpiresAt, refreshToken: 'refresh-2', ...nothing };
  });
  let renewals = 0;
  const one = await startInstance(file, provider, (store) => ({
    ...store,
    acquireLease: (id, holder, milliseconds) => {
      renewals += 1;
      return store.acquireLease(id, holder, milliseconds);
    },
  }));
  const two = await startInstance(file, provider);
  const cookie = await signIn(one);
  clock.now += 45_000;
  const first = get(one, '/token', cookie);
  await expect.poll(() => grants).toBe(1);
  for (let seconds = 0; seconds < 12; seconds += 4) {
    const before = renewals;
    await expect.poll(() => renewals, { timeout: 5000 }).toBeGreaterThan(before);
    clock.now += 4000;
  }
  const other = openSqliteStore({ file, clock: () => clock.now });
  onTestFinished(() => other.close());
  const id = await get(two, '/id', cookie);
  expect(await other.acquireLease(id, 'another', 1)).toBe(false);
  answer.resolve();
  expect([await first, await get(two, '/token', cookie), grants]).toEqual(['second', 'second', 1]);
  expect(await other.acquireLease(id, 'another', 1)).toBe(true);
});

test('a call with a valid token waits a second for a process that died in the middle of a refresh', async () => {
  const file = await makeFile();
  const one = await startInstance(file, standIn(idle));
  const cookie = await signIn(one);
  const dead = openSqliteStore({ file, clock: () => clock.now });
  onTestFinished(() => dead.close());
  await dead.acquireLease(await get(one, '/id', cookie), 'dead', 60_000);
  clock.now += 45_000;
  const start = performance.now();
  expect(await get(one, '/token', cookie)).toBe('first');
  expect(performance.now() - start).toBeLessThan(2500);
});

const refreshed = (refreshToken: string | undefined) => ({
  ...nothing,
  accessToken: 'second',
  accessTokenExpiresAt: clock.now + 40_000,
  refreshToken,
});

test('a refresh answer without a new refresh token keeps the old one', async () => {
  const used: string[] = [];
  const provider = standIn(async (refreshToken) => {
    used.push(refreshToken);
    return refreshed(undefined);
  });
  const one = await startInstance(await makeFile(), provider);
  const cookie = await signIn(one);
  for (let times = 0; times < 2; times += 1) {
    clock.now += 45_000;
    expect(await get(one, '/token', cookie)).toBe('second');
  }
  expect(used).toEqual(['refresh-1', 'refresh-1']);
});

test('the new refresh token is kept when the rest of the answer cannot be judged', async () => {
  const used: string[] = [];
  const provider = standIn(async (refreshToken, { keepSuccessor }) => {
    used.push(refreshToken);
    if (used.length > 1) return refreshed('refresh-3');
    await keepSuccessor?.('refresh-2');
    throw new Problem('provider_unavailable', 'The key set is away', { retryAfter: 5 });
  });
  const file = await makeFile();
  const one = await startInstance(file, provider);
  const cookie = await signIn(one);
  clock.now += 45_000;
  expect(await get(one, '/token', cookie)).toBe('first');
  clock.now += 45_000;
  expect(await get(await startInstance(file, provider), '/token', cookie)).toBe('second');
  expect(used).toEqual(['refresh-1', 'refresh-2']);
});

test('a refresh that is refused after its new refresh token was kept ends the session', async () => {
  const provider = standIn(async (_refreshToken, { keepSuccessor }) => {
    await keepSuccessor?.('refresh-2');
    throw new RefreshRefused('the refreshed ID token is about another sub');
  });
  const one = await startInstance(await makeFile(), provider);
  const cookie = await signIn(one);
  clock.now += 45_000;
  expect(await get(one, '/token', cookie)).toContain('refused the refresh');
  expect(await get(one, '/current', cookie)).toBe('anonymous');
});

const unreachable = async (): Promise<never> => {
  throw new Problem('provider_unavailable', 'The provider is away', { retryAfter: 5 });
};

test('a refresh that fails is not tried again at every call', async () => {
  let grants = 0;
  const provider = standIn(() => {
    grants += 1;
    return unreachable();
  });
  const one = await startInstance(await makeFile(), provider);
  const cookie = await signIn(one);
  clock.now += 45_000;
  for (let calls = 0; calls < 20; calls += 1) expect(await get(one, '/token', cookie)).toBe('first');
  expect(grants).toBe(1);
  clock.now += 30_000;
  const answer = await one.app.inject({ url: '/token', headers: { cookie } });
  expect([answer.statusCode, answer.json().code]).toEqual([503, 'provider_unavailable']);
  expect(await get(one, '/current', cookie)).toBe('Ada L');
  await expect.poll(() => get(one, '/token', cookie).then(() => grants), { timeout: 5000 }).toBe(2);
});

test('while the provider is away one session at a time finds out whether it is back', async () => {
  let grants = 0;
  let isAway = true;
  const provider = standIn(async () => {
    grants += 1;
    return isAway ? unreachable() : refreshed('refresh-2');
  });
  const one = await startInstance(await makeFile(), provider);
  const cookies: string[] = [];
  for (let people = 0; people < 20; people += 1) cookies.push(await signIn(one));
  clock.now += 45_000;
  for (const cookie of cookies) expect(await get(one, '/token', cookie)).toBe('first');
  expect(grants).toBe(3);
  isAway = false;
  const last = cookies.at(-1) ?? '';
  await expect.poll(() => get(one, '/token', last), { timeout: 5000 }).toBe('second');
  expect(await get(one, '/token', cookies[10] ?? '')).toBe('second');
});

test('an answer that one session cannot use keeps no other from refreshing', async () => {
  let tried = 0;
  const provider = standIn(async () => {
    tried += 1;
    throw new Problem('provider_invalid_response', 'odd', { retryAfter: 5 });
  });
  const one = await startInstance(await makeFile(), provider);
  const cookies: string[] = [];
  for (let people = 0; people < 5; people += 1) cookies.push(await signIn(one));
  clock.now += 45_000;
  for (const cookie of cookies) await get(one, '/token', cookie);
  expect(tried).toBe(5);
});

/** The session’s own token, and another one. */
const ofBoth = ['', '?audience=a'];

test.for(
  ofBoth.flatMap((target) => [
    [5, 2.5, target] as const,
    [10, 5, target] as const,
    [60, 30, target] as const,
    [300, 270, target] as const,
  ]),
)(
  'a token that lives for %i s is refreshed after %d s, not at every call: /token%s',
  async ([lifetimeSeconds, dueAfterSeconds, target]) => {
    let grants = 0;
    const provider = standIn(async () => {
      grants += 1;
      const accessTokenExpiresAt = clock.now + lifetimeSeconds * 1000;
      return { accessToken: `short-${grants}`, accessTokenExpiresAt, refreshToken: undefined, ...nothing };
    });
    const one = await startInstance(await makeFile(), provider);
    const cookie = await signIn(one);
    clock.now += 45_000;
    expect(await get(one, `/token${target}`, cookie)).toBe('short-1');
    clock.now += dueAfterSeconds * 1000 - 1;
    for (let calls = 0; calls < 3; calls += 1)
      expect(await get(one, `/token${target}`, cookie)).toBe('short-1');
    clock.now += 1;
    expect(await get(one, `/token${target}`, cookie)).toBe('short-2');
  },
);

test.for(ofBoth)(
  'tokens that have expired when they are issued are not refreshed at every call: /token%s',
  async (target) => {
    let grants = 0;
    const provider = standIn(async () => {
      grants += 1;
      return { accessToken: 'dead', accessTokenExpiresAt: clock.now, refreshToken: undefined, ...nothing };
    });
    const one = await startInstance(await makeFile(), provider);
    const cookie = await signIn(one);
    clock.now += 45_000;
    for (let calls = 0; calls < 10; calls += 1)
      expect(await get(one, `/token${target}`, cookie)).toBe('dead');
    expect(grants).toBe(1);
  },
);

test.for(ofBoth)(
  'a token of unknown life that an upstream refused is refreshed once, on both instances: /token%s',
  async (target) => {
    let grants = 0;
    const provider = standIn(async () => {
      grants += 1;
      const accessToken = `unknown-${grants}`;
      return { accessToken, accessTokenExpiresAt: undefined, refreshToken: `refresh-${grants}`, ...nothing };
    });
    const file = await makeFile();
    const instances = [await startInstance(file, provider), await startInstance(file, provider)] as const;
    const cookie = await signIn(instances[0]);
    expect(await get(instances[0], `/refused${target}`, cookie)).toBe('none');
    clock.now += 45_000;
    expect(await get(instances[0], `/token${target}`, cookie)).toBe('unknown-1');
    expect(await get(instances[0], `/refused${target}`, cookie)).toBe('none');
    clock.now += 900_000;
    expect(await get(instances[0], `/token${target}`, cookie)).toBe('unknown-1');
    const calls = Array.from({ length: 20 }, (_, call) =>
      get(instances[call % 2 ? 1 : 0], `/refused${target}`, cookie),
    );
    expect(new Set(await Promise.all(calls)).has('unknown-2')).toBe(true);
    expect(grants).toBe(2);
    expect(await get(instances[1], `/token${target}`, cookie)).toBe('unknown-2');
  },
);

test('a refused refresh does not count when a sibling has rotated meanwhile', async () => {
  const file = await makeFile();
  const asked = Promise.withResolvers<void>();
  const answer = Promise.withResolvers<never>();
  const one = await startInstance(
    file,
    standIn(() => {
      asked.resolve();
      return answer.promise;
    }),
  );
  const two = await startInstance(
    file,
    standIn(async () => refreshed('refresh-2')),
  );
  const cookie = await signIn(one);
  clock.now += 45_000;
  const first = get(one, '/token', cookie);
  await asked.promise;
  clock.now += 60_000;
  expect(await get(two, '/token', cookie)).toBe('second');
  answer.reject(new RefreshRefused('invalid_grant'));
  expect([await first, await get(one, '/current', cookie)]).toEqual(['second', 'Ada L']);
});

test('an access token is given to no one before its successor of the refresh token is saved', async () => {
  const provider = standIn(async () => refreshed('refresh-2'));
  const update = (): never => {
    throw new Error('The disk is full');
  };
  const one = await startInstance(await makeFile(), provider, (store) => ({ ...store, update }));
  const cookie = await signIn(one);
  clock.now += 45_000;
  const answer = await one.app.inject({ url: '/token', headers: { cookie } });
  expect([answer.statusCode, answer.json().code]).toEqual([503, 'store_unavailable']);
});

test.for(['refresh-3', undefined])(
  'a new refresh token that could not be stored is used by the next refresh, which brings %s',
  async (third) => {
    const used: string[] = [];
    let isFull = true;
    const provider = standIn(async (refreshToken, { keepSuccessor }) => {
      used.push(refreshToken);
      const successor = used.length === 1 ? 'refresh-2' : used.length === 2 ? third : 'refresh-4';
      if (successor !== undefined) await keepSuccessor?.(successor);
      return refreshed(successor);
    });
    const one = await startInstance(await makeFile(), provider, (store) => ({
      ...store,
      update: async (...given) => {
        if (isFull) throw new Error('The disk is full');
        return store.update(...given);
      },
    }));
    const cookie = await signIn(one);
    clock.now += 45_000;
    expect(await get(one, '/token', cookie)).toContain('store_unavailable');
    isFull = false;
    expect(await get(one, '/token', cookie)).toBe('second');
    clock.now += 45_000;
    expect(await get(one, '/token', cookie)).toBe('second');
    expect(used).toEqual(['refresh-1', 'refresh-2', third ?? 'refresh-2']);
  },
);

test('a refused refresh ends the session and says why on the other instance', async () => {
  const file = await makeFile();
  const refuse = standIn(async () => {
    throw new RefreshRefused('invalid_grant');
  });
  const one = await startInstance(file, refuse);
  const two = await startInstance(file, refuse);
  const { body: id, headers } = await one.app.inject({ method: 'POST', url: '/open' });
  const cookie = String(headers['set-cookie']).split(';')[0] ?? '';
  const ended = new Promise((resolve) => two.sessions.onEnded(id, resolve));
  clock.now += 45_000;
  expect((await one.app.inject({ url: '/token', headers: { cookie } })).json()).toMatchObject({
    message: 'The provider refused the refresh',
  });
  expect(await ended).toBe('refresh_failed');
  expect(await get(two, '/current', cookie)).toBe('anonymous');
});
