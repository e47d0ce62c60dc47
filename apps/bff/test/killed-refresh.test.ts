import { once } from 'node:events';
import { request as ask, createServer } from 'node:http';
import { findRedis, freePort, givenRedisUrl } from '@foyer/testkit';
import { expect, onTestFinished, test, vi } from 'vitest';
import { startReplicas } from './kit/start-replicas.ts';
import { startUpstream } from './kit/start-upstream.ts';

const slowMs = 5000;

/** Stands in front of the provider at `port`, and passes refreshes on when they are `slowMs` old and still wanted. */
const startFront = async (port: number) => {
  const refreshes: number[] = [];
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
    if (!body.includes('grant_type=refresh_token')) return pass();
    refreshes.push(performance.now());
    setTimeout(pass, slowMs);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.close();
    server.closeAllConnections();
  });
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return { issuer: `http://127.0.0.1:${address.port}`, refreshes };
};

const stores: readonly ('sqlite' | 'redis')[] =
  (findRedis() ?? givenRedisUrl) === undefined ? ['sqlite'] : ['sqlite', 'redis'];

test.for(stores)(
  'a refresh whose process is killed while a slow provider answers is taken over within 10 s, on %s',
  { timeout: 40_000 },
  async (store) => {
    const port = await freePort();
    const { issuer, refreshes } = await startFront(port);
    using upstream = await startUpstream(() => undefined);
    await using replicas = await startReplicas({
      store,
      ttl: { accessToken: 1 },
      provider: { port, issuer },
      apiUpstream: upstream.url,
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
    expect(refreshes).toHaveLength(2);
    expect(Number(refreshes[1]) - killedAt).toBeLessThan(10_000);
    expect(performance.now() - killedAt).toBeLessThan(10_000 + slowMs);
    await lost;
  },
);
