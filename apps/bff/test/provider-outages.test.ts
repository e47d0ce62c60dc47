import { startDevProvider } from '@foyer/dev-provider';
import type { RouteToken } from '@foyer/fastify';
import { describe, expect, test } from 'vitest';
import { askWho, startReplicas } from './kit/start-replicas.ts';
import { startUpstream } from './kit/start-upstream.ts';

const post = (url: string, cookie: string): Promise<Response> =>
  fetch(`${url}/logout`, {
    method: 'POST',
    headers: { cookie, 'x-csrf': '1', accept: 'application/json' },
    redirect: 'manual',
  });

const codeOf = async (answer: Response): Promise<string> => JSON.parse(await answer.text()).code;

describe('the provider', () => {
  test('down at boot: the BFF answers, says when to come back, and recovers by itself', async () => {
    await using replicas = await startReplicas({ store: 'sqlite' });
    const { port, issuer } = replicas.provider;
    await replicas.all[0].kill();
    await replicas.provider.close();
    await replicas.all[0].restart();
    const away = await fetch(`${replicas.url}/login`, { redirect: 'manual' });
    expect([away.status, await codeOf(away)]).toEqual([503, 'provider_unavailable']);
    expect(away.headers.get('retry-after')).toMatch(/^\d+$/);
    expect((await fetch(`${replicas.url}/readyz`)).status).toBe(503);
    const again = await startDevProvider({ port, issuer, publicUrls: [replicas.url] });
    await expect
      .poll(async () => (await fetch(`${replicas.url}/login`, { redirect: 'manual' })).status, {
        timeout: 10_000,
      })
      .toBe(303);
    expect((await fetch(`${replicas.url}/readyz`)).status).toBe(200);
    await again.close();
  });

  test('down in the middle of a login: the callback says so, and an existing session is untouched', async () => {
    await using replicas = await startReplicas({ store: 'sqlite' });
    const cookie = await replicas.signIn();
    const start = await fetch(`${replicas.url}/login?prompt=login`, {
      redirect: 'manual',
      headers: { cookie },
    });
    const pending = start.headers.getSetCookie().map((line) => line.split(';', 1)[0]);
    const state = new URL(start.headers.get('location') ?? '').searchParams.get('state');
    await replicas.provider.close();
    const iss = encodeURIComponent(replicas.provider.issuer);
    const answer = await fetch(`${replicas.url}/login/callback?code=any&state=${state}&iss=${iss}`, {
      headers: { cookie: [cookie, ...pending].join('; ') },
      redirect: 'manual',
    });
    expect([answer.status, await codeOf(answer)]).toEqual([503, 'provider_unavailable']);
    expect((await askWho(replicas.all[0], cookie)).isSignedIn).toBe(true);
  });

  test.for<readonly [string, RouteToken]>([
    ['the session’s own', 'session'],
    ['one for another scope', { scope: 'openid' }],
  ])(
    'down at refresh: the old token while it is valid, then 503, and no one is signed out: %s',
    async ([, token]) => {
      const seen: (string | undefined)[] = [];
      using upstream = await startUpstream((headers) => seen.push(headers.authorization));
      await using replicas = await startReplicas({
        store: 'sqlite',
        ttl: { accessToken: 2 },
        apiUpstream: upstream.url,
        apiTokens: [token],
      });
      const cookie = await replicas.signIn();
      const call = () => fetch(`${replicas.url}/api/things`, { headers: { cookie } });
      expect((await call()).status).toBe(200);
      await replicas.provider.close();
      expect((await call()).status).toBe(200);
      expect(seen).toEqual([expect.stringMatching(/^Bearer ./), seen[0]]);
      await expect.poll(async () => (await call()).status, { timeout: 5000 }).toBe(503);
      const away = await call();
      expect([await codeOf(away), away.headers.get('retry-after')]).toEqual([
        'provider_unavailable',
        expect.stringMatching(/^\d+$/),
      ]);
      expect((await askWho(replicas.all[1], cookie)).isSignedIn).toBe(true);
    },
  );

  test('down at logout: signed out here all the same, and the browser stays here', async () => {
    await using replicas = await startReplicas({ store: 'sqlite' });
    const cookie = await replicas.signIn();
    await replicas.provider.close();
    const answer = await post(replicas.url, cookie);
    expect([answer.status, await answer.json()]).toEqual([200, { redirectTo: '/' }]);
    expect((await askWho(replicas.all[1], cookie)).isSignedIn).toBe(false);
  });
});
