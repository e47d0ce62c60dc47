import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Fastify, { type FastifyInstance } from 'fastify';
import { expect, onTestFinished, test } from 'vitest';
import type { BffOptions } from '../../src/options.ts';
import { resolveOptions } from '../../src/options.ts';
import { Problem } from '../../src/problems.ts';
import {
  type CompletedLogin,
  type Provider,
  RefreshRefused,
  RefreshUnverified,
} from '../../src/provider/provider.ts';
import type { Session } from '../../src/session/live-session.ts';
import { createCookieSeal } from '../../src/session/session-cookie.ts';
import { createSessions, type Sessions } from '../../src/session/sessions.ts';
import type { SessionStore } from '../../src/stores/session-store.ts';
import { openSqliteStore } from '../../src/stores/sqlite/sqlite-store.ts';

const idle = async (): Promise<never> => {
  throw new Error('Not part of this test');
};

const standIn = (refresh: Provider['refresh']): Provider => ({
  warmUp: () => undefined,
  isDiscovered: async () => true,
  endSessionOrigin: () => undefined,
  createAuthorizationRequest: idle,
  completeLogin: idle,
  refresh,
  revoke: async () => undefined,
  findEndSession: async () => undefined,
  verifyLogoutToken: idle,
  close: async () => undefined,
});

let now = Date.now();
const sessionKeys = [randomBytes(32).toString('base64')];

const login = (): CompletedLogin => ({
  issuer: 'https://issuer.example',
  sub: 'ada',
  sid: 'provider-session',
  claims: { sub: 'ada', iss: 'https://issuer.example', name: ' ', given_name: 'Ada', family_name: 'L' },
  tokens: {
    accessToken: 'first',
    accessTokenExpiresAt: now + 60_000,
    refreshToken: 'refresh-1',
    idToken: 'id-1',
  },
});

const nothing = { idToken: undefined, claims: undefined };

interface Instance {
  readonly app: FastifyInstance;
  readonly sessions: Sessions;
}

const startInstance = async (
  file: string,
  provider: Provider,
  change = (store: SessionStore): SessionStore => store,
): Promise<Instance> => {
  const sessionStore = change(openSqliteStore({ file, clock: () => now }));
  const given: BffOptions = {
    issuer: 'https://issuer.example',
    clientId: 'client',
    clientSecret: 'secret',
    publicUrl: 'http://localhost:3000',
    sessionKeys,
    sessionStore,
    clock: () => now,
  };
  const options = resolveOptions(given);
  const app = Fastify();
  const seal = await createCookieSeal(app, options.sessionKeys);
  const sessions = createSessions({ options, provider, seal, log: app.log });
  app.post('/open', async (request, reply) => (await sessions.open(request, reply, login(), undefined)).id);
  app.get('/current', async (request) => (await sessions.current(request))?.displayName ?? 'nobody');
  app.get('/id', async (request) => (await sessions.current(request))?.id ?? 'nobody');
  app.get('/token', async (request) => {
    const session = await sessions.current(request);
    return session === undefined ? 'nobody' : sessions.accessToken(session);
  });
  app.post('/close', async (request, reply) => {
    await sessions.close(request, reply, 'logout');
    return 'closed';
  });
  onTestFinished(async () => {
    await sessions.stop();
    await app.close();
    await sessionStore.close();
  });
  return { app, sessions };
};

const makeFile = async (): Promise<string> => {
  const directory = await mkdtemp(join(tmpdir(), 'foyer-sessions-'));
  onTestFinished(() => rm(directory, { recursive: true, force: true }));
  return join(directory, 'sessions.db');
};

const signIn = async ({ app }: Instance): Promise<string> => {
  const { headers } = await app.inject({ method: 'POST', url: '/open' });
  return String(headers['set-cookie']).split(';')[0] ?? '';
};

const get = async ({ app }: Instance, url: string, cookie: string): Promise<string> =>
  (await app.inject({ url, headers: { cookie } })).body;

test('a session opened on one instance lives on another and is dead on both once closed', async () => {
  const file = await makeFile();
  const one = await startInstance(file, standIn(idle));
  const two = await startInstance(file, standIn(idle));
  const cookie = await signIn(one);
  expect(await get(two, '/current', cookie)).toBe('Ada L');
  await two.app.inject({ method: 'POST', url: '/close', headers: { cookie } });
  expect(await get(one, '/current', cookie)).toBe('nobody');
});

test('a changed, cut or doubled cookie is an anonymous visitor', async () => {
  const one = await startInstance(await makeFile(), standIn(idle));
  const cookie = await signIn(one);
  const start = cookie.indexOf('=') + 1;
  for (let at = start; at < cookie.length; at += 1) {
    const other = cookie[at] === 'A' ? 'B' : 'A';
    expect(await get(one, '/current', cookie.slice(0, at) + other + cookie.slice(at + 1))).toBe('nobody');
  }
  expect(await get(one, '/current', cookie.slice(0, -1))).toBe('nobody');
  expect(await get(one, '/current', `${cookie}; ${cookie}`)).toBe('nobody');
});

test('the idle limit moves with use, the absolute limit does not', async () => {
  const one = await startInstance(await makeFile(), standIn(idle));
  const cookie = await signIn(one);
  for (let quarters = 1; quarters < 48; quarters += 1) {
    now += 900_000;
    expect(await get(one, '/current', cookie)).toBe('Ada L');
  }
  now += 900_000;
  expect(await get(one, '/current', cookie)).toBe('nobody');
});

test('100 calls on two instances refresh once', async () => {
  const file = await makeFile();
  let grants = 0;
  const provider = standIn(async (refreshToken) => {
    grants += 1;
    if (refreshToken !== `refresh-${grants}`) throw new RefreshRefused('reuse');
    await new Promise((resolve) => setImmediate(resolve));
    return {
      accessToken: 'second',
      accessTokenExpiresAt: now + 60_000,
      refreshToken: `refresh-${grants + 1}`,
      ...nothing,
    };
  });
  const instances = [await startInstance(file, provider), await startInstance(file, provider)] as const;
  const cookie = await signIn(instances[0]);
  now += 45_000;
  const calls = Array.from({ length: 100 }, (_, call) => get(instances[call % 2 ? 1 : 0], '/token', cookie));
  expect(new Set(await Promise.all(calls))).toEqual(new Set(['second']));
  expect(grants).toBe(1);
});

test('a refresh whose every request takes as long as it may is still the only one', async () => {
  const file = await makeFile();
  let grants = 0;
  const answer = Promise.withResolvers<void>();
  const provider = standIn(async () => {
    grants += 1;
    now += 5 * 5000;
    await answer.promise;
    const accessTokenExpiresAt = now + 60_000;
    return { accessToken: 'second', accessTokenExpiresAt, refreshToken: 'refresh-2', ...nothing };
  });
  const [one, two] = [await startInstance(file, provider), await startInstance(file, provider)];
  const cookie = await signIn(one);
  now += 45_000;
  const first = get(one, '/token', cookie);
  await expect.poll(() => grants).toBe(1);
  const second = get(two, '/token', cookie);
  const other = openSqliteStore({ file, clock: () => now });
  onTestFinished(() => other.close());
  expect(await other.acquireLease(await get(two, '/id', cookie), 'another', 1)).toBe(false);
  answer.resolve();
  expect([await first, await second, grants]).toEqual(['second', 'second', 1]);
});

test('who has a valid token waits a second for a process that died in the middle of a refresh', async () => {
  const file = await makeFile();
  const one = await startInstance(file, standIn(idle));
  const cookie = await signIn(one);
  const dead = openSqliteStore({ file, clock: () => now });
  onTestFinished(() => dead.close());
  await dead.acquireLease(await get(one, '/id', cookie), 'dead', 60_000);
  now += 45_000;
  const start = performance.now();
  expect(await get(one, '/token', cookie)).toBe('first');
  expect(performance.now() - start).toBeLessThan(2500);
});

const refreshed = (refreshToken: string | undefined) => ({
  ...nothing,
  accessToken: 'second',
  accessTokenExpiresAt: now + 40_000,
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
    now += 45_000;
    expect(await get(one, '/token', cookie)).toBe('second');
  }
  expect(used).toEqual(['refresh-1', 'refresh-1']);
});

test('a refresh whose ID token cannot be judged for now still has used the refresh token up', async () => {
  const used: string[] = [];
  const provider = standIn(async (refreshToken) => {
    used.push(refreshToken);
    if (used.length > 1) return refreshed('refresh-3');
    const trouble = new Problem('provider_unavailable', 'The key set is away');
    throw new RefreshUnverified(trouble, 'refresh-2', trouble);
  });
  const one = await startInstance(await makeFile(), provider);
  const cookie = await signIn(one);
  now += 45_000;
  expect(await get(one, '/token', cookie)).toBe('first');
  now += 45_000;
  expect(await get(one, '/token', cookie)).toBe('second');
  expect(used).toEqual(['refresh-1', 'refresh-2']);
});

test('a refused refresh is none when a sibling has rotated meanwhile', async () => {
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
  now += 45_000;
  const first = get(one, '/token', cookie);
  await asked.promise;
  now += 60_000;
  expect(await get(two, '/token', cookie)).toBe('second');
  answer.reject(new RefreshRefused('invalid_grant'));
  expect([await first, await get(one, '/current', cookie)]).toEqual(['second', 'Ada L']);
});

test('an access token is given to nobody before its successor of the refresh token is saved', async () => {
  const provider = standIn(async () => refreshed('refresh-2'));
  const update = (): never => {
    throw new Error('The disk is full');
  };
  const one = await startInstance(await makeFile(), provider, (store) => ({ ...store, update }));
  const cookie = await signIn(one);
  now += 45_000;
  const answer = await one.app.inject({ url: '/token', headers: { cookie } });
  expect([answer.statusCode, answer.json().code]).toEqual([503, 'store_unavailable']);
});

test('a refused refresh ends the session and tells why on the other instance', async () => {
  const file = await makeFile();
  const refuse = standIn(async () => {
    throw new RefreshRefused('invalid_grant');
  });
  const one = await startInstance(file, refuse);
  const two = await startInstance(file, refuse);
  const { body: id, headers } = await one.app.inject({ method: 'POST', url: '/open' });
  const cookie = String(headers['set-cookie']).split(';')[0] ?? '';
  const told = new Promise((resolve) => two.sessions.onEnded(id, resolve));
  now += 45_000;
  expect((await one.app.inject({ url: '/token', headers: { cookie } })).json()).toMatchObject({
    message: 'The provider refused the refresh',
  });
  expect(await told).toBe('refresh_failed');
  expect(await get(two, '/current', cookie)).toBe('nobody');
});

test('back-channel logout finds a session by sid, and its siblings list it', async () => {
  const one = await startInstance(await makeFile(), standIn(idle));
  const seen: (Session | undefined)[] = [];
  one.app.get('/list', async (request) => {
    const session = await one.sessions.current(request);
    seen.push(session);
    return session === undefined ? [] : one.sessions.list(session);
  });
  const cookie = await signIn(one);
  await signIn(one);
  expect(JSON.parse(await get(one, '/list', cookie))).toHaveLength(2);
  const target = { issuer: 'https://issuer.example', sub: 'ada', sid: 'provider-session' };
  expect(await one.sessions.endByProvider(target)).toBe(2);
  expect(await get(one, '/current', cookie)).toBe('nobody');
});
