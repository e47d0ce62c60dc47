import { once } from 'node:events';
import { request as ask, createServer } from 'node:http';
import type { RouteToken } from '@foyer/fastify';
import { findRedis, freePort, givenRedisUrl } from '@foyer/testkit';
import { expect, test, vi } from 'vitest';
import { startReplicas } from './kit/start-replicas.ts';
import { startUpstream } from './kit/start-upstream.ts';

const slowMs = 5000;

/** Stands in front of the provider at `port`, and passes refreshes on when they are `slowMs` old and still wanted. */
const startFront = async (port: number) => {
  const refreshes: { readonly at: number; readonly scope: string | null }[] = [];
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    const body = Buffer.concat(chunks);
    const { method, headers, url } = request;
    const pass = (): void => {
      if (response.destroyed) return;
      ask({ host: '127.0.0.1', port, method, headers, path: url }, (answer) => {
        response.writeHead(answer.statusCode ?? 502, answer.headers);
        answer.pipe(response);
      }).end(body);
    };
    const form = new URLSearchParams(body.toString());
    if (form.get('grant_type') !== 'refresh_token') return pass();
    refreshes.push({ at: performance.now(), scope: form.get('scope') });
    setTimeout(pass, slowMs);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return {
    issuer: `http://127.0.0.1:${address.port}`,
    refreshes,
    [Symbol.dispose]: () => {
      server.close();
      server.closeAllConnections();
    },
  };
};

const stores: readonly ('sqlite' | 'redis')[] =
  (findRedis() ?? givenRedisUrl) === undefined ? ['sqlite'] : ['sqlite', 'redis'];

const tokens: readonly (readonly [string, RouteToken, string | null])[] = [
  ['the session’s own', 'session', null],
  ['another scope’s', { scope: 'openid' }, 'openid'],
];

// At once: each waits for the slow provider and for the lease of the process that was killed.
test.concurrent.for(stores.flatMap((store) => tokens.map((token) => [store, ...token] as const)))(
  'a refresh whose process is killed while a slow provider answers is taken over within 10 s, on %s: %s token',
  async ([store, , token, scope]) => {
    const port = await freePort();
    using front = await startFront(port);
    const { issuer, refreshes } = front;
    using upstream = await startUpstream(() => undefined);
    await using replicas = await startReplicas({
      store,
      ttl: { accessToken: 1 },
      provider: { port, issuer },
      apiUpstream: upstream.url,
      apiTokens: [token],
      variables: { OIDC_TIMEOUT: '8s' },
    });
    const [one, other] = replicas.all;
    const headers = { cookie: await replicas.signIn() };
    const call = async ({ url }: typeof one): Promise<number> =>
      (await fetch(`${url}/api/things`, { headers })).status;
    const lost = (async () => {
      while (refreshes.length === 0) await call(one);
    })().catch(() => undefined);
    await vi.waitUntil(() => refreshes.length > 0, { timeout: 10_000 });
    const killedAt = performance.now();
    await one.kill();
    expect(await call(other)).toBe(200);
    expect(refreshes).toMatchObject([{ scope }, { scope }]);
    expect(Number(refreshes[1]?.at) - killedAt).toBeLessThan(10_000);
    expect(performance.now() - killedAt).toBeLessThan(10_000 + slowMs);
    await lost;
  },
);
