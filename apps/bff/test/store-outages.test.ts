import type { RouteToken } from '@foyer/fastify';
import { findRedis } from '@foyer/testkit';
import { describe, expect, test } from 'vitest';
import { askWho, startReplicas } from './kit/start-replicas.ts';
import { startUpstream } from './kit/start-upstream.ts';

const withRedis = findRedis() !== undefined;

const post = (url: string, cookie: string): Promise<Response> =>
  fetch(`${url}/logout`, {
    method: 'POST',
    headers: { cookie, 'x-csrf': '1', accept: 'application/json' },
    redirect: 'manual',
  });

const codeOf = async (answer: Response): Promise<string> => JSON.parse(await answer.text()).code;

/** Everything of a session answers that the store is away, soon, and no cookie is touched. */
const expectStoreAway = async (url: string, cookie: string): Promise<void> => {
  const start = performance.now();
  const answers = await Promise.all([
    fetch(`${url}/api/me`, { headers: { cookie } }),
    post(url, cookie),
    fetch(`${url}/api/things`, { headers: { cookie } }),
  ]);
  expect(performance.now() - start).toBeLessThan(2000);
  for (const answer of answers) {
    expect([answer.status, answer.headers.getSetCookie()]).toEqual([503, []]);
    expect(answer.headers.get('retry-after')).toMatch(/^\d+$/);
    expect(await codeOf(answer)).toBe('store_unavailable');
  }
};

const expectAnonymousUntouched = async (url: string): Promise<void> => {
  const me = await fetch(`${url}/api/me`);
  expect([me.status, await me.json()]).toEqual([200, { authenticated: false, loginUrl: '/login' }]);
  const page = await fetch(`${url}/`, { headers: { accept: 'text/html' } });
  expect([page.status, await page.text()]).toEqual([200, expect.stringContaining('A page')]);
  expect((await fetch(`${url}/healthz`)).status).toBe(200);
  expect((await fetch(`${url}/readyz`)).status).toBe(503);
};

const apiUpstream = 'http://127.0.0.1:9';

describe.runIf(withRedis)('Redis', () => {
  test('frozen: 503 within its second, no cookie touched, pages untouched; then it goes on by itself', async () => {
    await using replicas = await startReplicas({ store: 'redis', apiUpstream });
    const cookie = await replicas.signIn();
    replicas.redis?.pause();
    await expectStoreAway(replicas.url, cookie);
    await expectAnonymousUntouched(replicas.url);
    replicas.redis?.resume();
    await expect.poll(() => askWho(replicas.all[0], cookie)).toMatchObject({ status: 200, isSignedIn: true });
  });

  test('killed and started again with its data: no one is signed out', async () => {
    await using replicas = await startReplicas({ store: 'redis', isPersistent: true, apiUpstream });
    const cookie = await replicas.signIn();
    await replicas.redis?.kill();
    await expectStoreAway(replicas.url, cookie);
    await expectAnonymousUntouched(replicas.url);
    await replicas.redis?.restart();
    await expect
      .poll(() => askWho(replicas.all[1], cookie), { timeout: 5000 })
      .toMatchObject({ status: 200, isSignedIn: true });
    await expect.poll(async () => (await fetch(`${replicas.url}/readyz`)).status).toBe(200);
  });

  test.for<readonly [string, RouteToken]>([
    ['the session’s own token', 'session'],
    ['a token for another scope', { scope: 'openid' }],
  ])('frozen when the provider has granted %s: 503, then the next call has one', async ([, token]) => {
    using upstream = await startUpstream();
    await using replicas = await startReplicas({
      store: 'redis',
      ttl: { accessToken: 1 },
      apiUpstream: upstream.url,
      apiTokens: [token],
    });
    const cookie = await replicas.signIn();
    const call = () => fetch(`${replicas.url}/api/things`, { headers: { cookie } });
    let wasGranted = false;
    replicas.provider.provider.on('grant.success', () => {
      wasGranted = true;
      replicas.redis?.pause();
    });
    let answer = await call();
    while (!wasGranted) answer = await call();
    expect([answer.status, await codeOf(answer)]).toEqual([503, 'store_unavailable']);
    replicas.provider.provider.removeAllListeners('grant.success');
    replicas.redis?.resume();
    await expect.poll(async () => (await call()).status).toBe(200);
    expect(await askWho(replicas.all[1], cookie)).toMatchObject({ status: 200, isSignedIn: true });
  });

  test('started again empty: sessions are over, streams say so, and new ones begin without a restart', async () => {
    await using replicas = await startReplicas({ store: 'redis' });
    const cookie = await replicas.signIn();
    const stream = await fetch(`${replicas.url}/api/me/events`, { headers: { cookie } });
    await replicas.redis?.kill();
    await replicas.redis?.restart();
    await expect
      .poll(() => askWho(replicas.all[0], cookie), { timeout: 5000 })
      .toMatchObject({ status: 200, isSignedIn: false });
    expect(await stream.text()).toContain('event: signed-out');
    const fresh = await replicas.signIn();
    // The other replica looks for Redis once a second: it may find it after the first did.
    await expect
      .poll(() => askWho(replicas.all[1], fresh), { timeout: 5000 })
      .toMatchObject({ status: 200, isSignedIn: true });
  });

  test('down when the BFF starts: it starts all the same, says 503, and goes on when Redis is there', async () => {
    await using replicas = await startReplicas({ store: 'redis', apiUpstream });
    const [one] = replicas.all;
    await replicas.redis?.kill();
    await one.kill();
    await one.restart();
    await expectAnonymousUntouched(one.url);
    await replicas.redis?.restart();
    await expect.poll(async () => (await fetch(`${one.url}/readyz`)).status, { timeout: 10_000 }).toBe(200);
    expect((await askWho(one, await replicas.signIn())).isSignedIn).toBe(true);
  });
});
