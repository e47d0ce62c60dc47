import { setImmediate as nextTurn } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { Problem } from '../../src/problems.ts';
import { type Provider, RefreshRefused, TargetRefused } from '../../src/provider/provider.ts';
import { clock, get, idle, makeFile, signIn, standIn, startInstance } from '../kit/start-sessions.ts';

const nothing = { idToken: undefined, claims: undefined };

/** A provider that rotates refresh tokens and ends the grant when one is used twice. */
const startRotating = (change: { lifetimeMs?: number; isAway?: () => boolean } = {}) => {
  const asked: string[] = [];
  let newest = 1;
  let isOver = false;
  let isAsked = false;
  const refresh: Provider['refresh'] = async (refreshToken, { target, keepSuccessor }) => {
    const name = target?.audience ?? target?.scope ?? 'session';
    asked.push(name);
    expect(isAsked).toBe(false);
    isAsked = true;
    // Every other call gets as far as it can meanwhile.
    for (let turn = 0; turn < 50; turn += 1) await nextTurn();
    isAsked = false;
    if (change.isAway?.()) throw new Problem('provider_unavailable', 'away', { retryAfter: 5 });
    if (isOver || refreshToken !== `refresh-${newest}`) {
      isOver = true;
      const refused = new RefreshRefused('reuse');
      throw target === undefined ? refused : new TargetRefused('reuse', 'invalid_grant', refused);
    }
    newest += 1;
    await keepSuccessor?.(`refresh-${newest}`);
    const accessTokenExpiresAt = clock.now + (change.lifetimeMs ?? 60_000);
    return {
      accessToken: `${name}-${newest}`,
      accessTokenExpiresAt,
      refreshToken: `refresh-${newest}`,
      ...nothing,
    };
  };
  return { refresh, asked, end: () => (isOver = true) };
};

test('100 calls for two audiences on two instances bring one token each, and sign no one out', async () => {
  const file = await makeFile();
  const { refresh, asked } = startRotating();
  const provider = standIn(refresh);
  const instances = [await startInstance(file, provider), await startInstance(file, provider)] as const;
  const cookie = await signIn(instances[0]);
  const ask = async (call: number): Promise<string> =>
    get(instances[call % 2 ? 1 : 0], `/token?audience=${call % 4 < 2 ? 'a' : 'b'}`, cookie);
  const first = await Promise.all(Array.from({ length: 100 }, (_, call) => ask(call)));
  expect(asked.toSorted()).toEqual(['a', 'b']);
  expect(new Set(first).size).toBe(2);
  expect(await get(instances[1], '/token', cookie)).toBe('first');
  clock.now += 45_000;
  const later = Array.from({ length: 90 }, (_, call) =>
    call % 3 ? ask(call) : get(instances[call % 2 ? 1 : 0], '/token', cookie),
  );
  expect(new Set(await Promise.all(later)).size).toBe(3);
  expect(asked.toSorted()).toEqual(['a', 'a', 'b', 'b', 'session']);
  expect(await get(instances[0], '/current', cookie)).toBe('Ada L');
});

test('a token for an audience stays when the session’s own is refreshed, and the reverse', async () => {
  const file = await makeFile();
  const { refresh, asked } = startRotating({ lifetimeMs: 300_000 });
  const one = await startInstance(file, standIn(refresh));
  const cookie = await signIn(one);
  expect(await get(one, '/token?audience=a', cookie)).toBe('a-2');
  expect(await get(one, '/token', cookie)).toBe('first');
  clock.now += 45_000;
  expect(await get(one, '/token', cookie)).toBe('session-3');
  const two = await startInstance(file, standIn(refresh));
  expect(await get(two, '/token?audience=a', cookie)).toBe('a-2');
  expect(asked).toEqual(['a', 'session']);
});

test('while the provider is away a token that is valid is used, then 503 follows, and no one is signed out', async () => {
  let isAway = false;
  const { refresh, asked } = startRotating({ isAway: () => isAway });
  const one = await startInstance(await makeFile(), standIn(refresh));
  const cookie = await signIn(one);
  expect(await get(one, '/token?audience=a', cookie)).toBe('a-2');
  isAway = true;
  clock.now += 45_000;
  for (let calls = 0; calls < 10; calls += 1) expect(await get(one, '/token?audience=a', cookie)).toBe('a-2');
  expect(asked).toEqual(['a', 'a']);
  clock.now += 20_000;
  const answer = await one.app.inject({ url: '/token?audience=a', headers: { cookie } });
  expect([answer.statusCode, answer.json().code]).toEqual([503, 'provider_unavailable']);
  expect(await get(one, '/current', cookie)).toBe('Ada L');
  isAway = false;
  await expect.poll(() => get(one, '/token?audience=a', cookie), { timeout: 5000 }).toBe('a-3');
});

const refuse = (error: string) =>
  new TargetRefused(`the token endpoint answered 400 ${error}`, error, undefined);

test.for(['invalid_target', 'invalid_scope', 'access_denied', 'unauthorized_client'])(
  'a target that the provider refuses with %s is 502, not asked at every call, and ends nothing',
  async (error) => {
    const { refresh } = startRotating();
    let refusals = 0;
    const provider = standIn(async (...given) => {
      if (given[1].target === undefined) return refresh(...given);
      refusals += 1;
      throw refuse(error);
    });
    const one = await startInstance(await makeFile(), provider);
    const cookie = await signIn(one);
    for (let calls = 0; calls < 5; calls += 1) {
      const answer = await one.app.inject({ url: '/token?audience=a', headers: { cookie } });
      expect([answer.statusCode, answer.json().code]).toEqual([502, 'provider_error']);
    }
    expect(refusals).toBe(1);
    clock.now += 45_000;
    expect(await get(one, '/token', cookie)).toBe('session-2');
  },
);

test('invalid_grant for a target ends the session only when the session’s own token is refused too', async () => {
  const { refresh, asked, end } = startRotating();
  const provider = standIn(async (...given) => {
    if (given[1].target?.audience === 'consent') throw refuse('invalid_grant');
    return refresh(...given);
  });
  const one = await startInstance(await makeFile(), provider);
  const cookie = await signIn(one);
  expect(await get(one, '/token?audience=consent', cookie)).toContain('provider_error');
  expect([asked, await get(one, '/token', cookie)]).toEqual([['session'], 'session-2']);
  end();
  expect(await get(one, '/token?audience=a', cookie)).toContain('session_expired');
  expect(await get(one, '/current', cookie)).toBe('anonymous');
});

test('invalid_grant for a target does not count when a sibling has rotated meanwhile', async () => {
  const file = await makeFile();
  const asked = Promise.withResolvers<void>();
  const answer = Promise.withResolvers<never>();
  const refreshes: string[] = [];
  const slow = standIn((_refreshToken, { target }) => {
    refreshes.push(target?.audience ?? 'session');
    asked.resolve();
    return answer.promise;
  });
  const one = await startInstance(file, slow);
  const two = await startInstance(file, standIn(startRotating({ lifetimeMs: 300_000 }).refresh));
  const cookie = await signIn(one);
  const first = get(one, '/token?audience=a', cookie);
  await asked.promise;
  clock.now += 60_000;
  expect(await get(two, '/token?audience=a', cookie)).toBe('a-2');
  answer.reject(refuse('invalid_grant'));
  expect([await first, refreshes]).toEqual(['a-2', ['a']]);
  expect(await get(one, '/current', cookie)).toBe('Ada L');
});

test('a token for an audience is given to no one before the new refresh token is saved, which the next request uses', async () => {
  const { refresh, asked } = startRotating();
  let isFull = true;
  const one = await startInstance(await makeFile(), standIn(refresh), (store) => ({
    ...store,
    update: async (...given) => {
      if (isFull) throw new Error('The disk is full');
      return store.update(...given);
    },
  }));
  const cookie = await signIn(one);
  expect(await get(one, '/token?audience=a', cookie)).toContain('store_unavailable');
  isFull = false;
  expect(await get(one, '/token?audience=a', cookie)).toBe('a-3');
  expect([asked, await get(one, '/current', cookie)]).toEqual([['a', 'a'], 'Ada L']);
});

test('a refreshed ID token of somebody else ends the session, whatever the access token was for', async () => {
  const provider = standIn(async () => {
    throw new RefreshRefused('the refreshed ID token is about another sub');
  });
  const one = await startInstance(await makeFile(), provider);
  const cookie = await signIn(one);
  expect(await get(one, '/token?audience=a', cookie)).toContain('session_expired');
  expect(await get(one, '/current', cookie)).toBe('anonymous');
});

test('a session keeps sixteen tokens beside its own: the one that was issued first goes', async () => {
  const { refresh, asked } = startRotating({ lifetimeMs: 300_000 });
  const one = await startInstance(await makeFile(), standIn(refresh));
  const cookie = await signIn(one);
  for (let audience = 0; audience < 17; audience += 1) await get(one, `/token?audience=${audience}`, cookie);
  for (let audience = 1; audience < 17; audience += 1) await get(one, `/token?audience=${audience}`, cookie);
  expect(asked).toHaveLength(17);
  await get(one, '/token?audience=0', cookie);
  expect(asked).toHaveLength(18);
});

test('a new refresh token of a target’s answer that cannot be judged is kept', async () => {
  const used: string[] = [];
  const provider = standIn(async (refreshToken, { keepSuccessor }) => {
    used.push(refreshToken);
    await keepSuccessor?.(`refresh-${used.length + 1}`);
    throw new Problem('provider_unavailable', 'The key set is away', { retryAfter: 5 });
  });
  const file = await makeFile();
  const one = await startInstance(file, provider);
  const cookie = await signIn(one);
  expect(await get(one, '/token?audience=a', cookie)).toContain('provider_unavailable');
  const two = await startInstance(file, provider);
  expect(await get(two, '/token?audience=b', cookie)).toContain('provider_unavailable');
  expect(used).toEqual(['refresh-1', 'refresh-2']);
});

test('100 calls on two instances exchange once, and again when the token is due', async () => {
  const file = await makeFile();
  const subjects: string[] = [];
  const provider = standIn(startRotating().refresh, {
    exchange: async ({ accessToken: subject }, { audience }) => {
      subjects.push(subject);
      await new Promise((resolve) => setImmediate(resolve));
      return { accessToken: `${audience} of ${subject}`, accessTokenExpiresAt: clock.now + 60_000 };
    },
  });
  const instances = [await startInstance(file, provider), await startInstance(file, provider)] as const;
  const cookie = await signIn(instances[0]);
  const askAll = async (): Promise<readonly string[]> =>
    Promise.all(
      Array.from({ length: 100 }, (_, call) => get(instances[call % 2 ? 1 : 0], '/token?exchange=a', cookie)),
    );
  expect(new Set(await askAll())).toEqual(new Set(['a of first']));
  clock.now += 45_000;
  expect(new Set(await askAll())).toEqual(new Set(['a of session-2']));
  expect(subjects).toEqual(['first', 'session-2']);
});

test('an exchange that the provider refuses with invalid_grant ends no session', async () => {
  const provider = standIn(idle, {
    exchange: async () => {
      throw refuse('invalid_grant');
    },
  });
  const one = await startInstance(await makeFile(), provider);
  const cookie = await signIn(one);
  expect(await get(one, '/token?exchange=a', cookie)).toContain('provider_error');
  expect(await get(one, '/current', cookie)).toBe('Ada L');
});

test('without a refresh token a token for an audience is 502, and the session stays', async () => {
  const one = await startInstance(await makeFile(), standIn(idle));
  const cookie = await signIn(one, '/open?refreshable=false');
  expect(await get(one, '/token?audience=a', cookie)).toContain('provider_error');
  expect([await get(one, '/token', cookie), await get(one, '/current', cookie)]).toEqual(['first', 'Ada L']);
});

test('the client’s own token is asked for once, again when it is due, and used while it is valid in an outage', async () => {
  let requests = 0;
  let isAway = false;
  const provider = standIn(idle, {
    clientToken: async () => {
      requests += 1;
      await new Promise((resolve) => setImmediate(resolve));
      if (isAway) throw new Problem('provider_unavailable', 'away', { retryAfter: 5 });
      return { accessToken: `client-${requests}`, accessTokenExpiresAt: clock.now + 60_000 };
    },
  });
  const one = await startInstance(await makeFile(), provider);
  const askAll = async (): Promise<ReadonlySet<string>> =>
    new Set(await Promise.all(Array.from({ length: 20 }, () => get(one, '/client', ''))));
  expect(await askAll()).toEqual(new Set(['client-1']));
  clock.now += 45_000;
  expect(await askAll()).toEqual(new Set(['client-2']));
  isAway = true;
  clock.now += 45_000;
  expect([await askAll(), await askAll()]).toEqual([new Set(['client-2']), new Set(['client-2'])]);
  clock.now += 20_000;
  expect(await get(one, '/client', '')).toContain('provider_unavailable');
  expect(requests).toBe(3);
});

test.for([
  [new Problem('provider_timeout', 'slow'), 503, 'provider_unavailable'],
  [refuse('invalid_target'), 502, 'provider_error'],
] as const)(
  'a token of the client that cannot be had (%s) is %i, and not asked for at every call',
  async ([failure, status, code]) => {
    let requests = 0;
    const provider = standIn(idle, {
      clientToken: async () => {
        requests += 1;
        throw failure;
      },
    });
    const one = await startInstance(await makeFile(), provider);
    for (let calls = 0; calls < 3; calls += 1) {
      const answer = await one.app.inject('/client');
      expect([answer.statusCode, answer.json().code]).toEqual([status, code]);
    }
    expect(requests).toBe(1);
  },
);
