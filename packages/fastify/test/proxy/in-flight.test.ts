import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import { startDevProvider } from '@foyer/dev-provider';
import { connectRaw, type RawConnection } from '@foyer/testkit';
import Fastify from 'fastify';
import { expect, onTestFinished, test } from 'vitest';
import { openSessionStore, bff as plugin } from '../../src/index.ts';
import { cookieHeader } from '../kit/bent-login.ts';
import { createSessionKey, signIn, startBff } from '../kit/start-bff.ts';
import { startRawUpstream, startUpstream } from '../kit/start-upstream.ts';

test('thousands of pipelined calls on one connection hold up no one else, and few of them go on', async () => {
  await using upstream = await startUpstream(() => undefined);
  await using bff = await startBff({
    apiRoutes: [{ prefix: '/api/a', upstream: upstream.url, auth: 'none', timeout: 1 }],
  });
  using client = connectRaw(Number(new URL(bff.url).port));
  client.send('GET /api/a HTTP/1.1\r\nHost: x\r\n\r\n'.repeat(12_000));
  await expect.poll(() => upstream.seen.length).toBeGreaterThan(0);
  const durations: number[] = [];
  for (let call = 0; call < 10; call += 1) {
    const start = performance.now();
    expect((await fetch(`${bff.url}/healthz`)).status).toBe(200);
    durations.push(performance.now() - start);
  }
  // The median: on a machine that runs other tests too, one of them may wait for a processor.
  expect(durations.sort((one, other) => one - other)[5]).toBeLessThan(200);
  expect(upstream.openConnections()).toBeLessThanOrEqual(64);
});

test.for([2, 20, 70, 1000, 12_000])(
  '%s pipelined calls end soon after their connection is closed',
  async (count) => {
    await using upstream = await startUpstream(() => undefined);
    await using bff = await startBff({
      apiRoutes: [{ prefix: '/api/a', upstream: upstream.url, auth: 'none' }],
    });
    const client = connectRaw(Number(new URL(bff.url).port));
    client.send('GET /api/a HTTP/1.1\r\nHost: x\r\n\r\n'.repeat(count));
    await expect.poll(() => upstream.seen.length).toBe(Math.min(count, 64));
    client[Symbol.dispose]();
    await expect.poll(upstream.openConnections, { timeout: 5000 }).toBe(0);
  },
);

test('a client that floods and opens hundreds of WebSockets delays no other', async () => {
  const api = createServer(() => undefined).on('upgrade', (_request, socket) => {
    socket.on('error', () => undefined).on('end', () => socket.end());
    socket.resume();
    socket.write('HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\n');
  });
  api.listen(0, '127.0.0.1');
  onTestFinished(() => {
    api.closeAllConnections();
    api.close();
  });
  await once(api, 'listening');
  const address = api.address();
  const upstream = `http://127.0.0.1:${typeof address === 'object' ? address?.port : 0}`;
  await using bff = await startBff({ apiRoutes: [{ prefix: '/api/a', upstream, timeout: 1 }] });
  const { browser } = await signIn(bff);
  const port = Number(new URL(bff.url).port);
  const head = `GET /api/a HTTP/1.1\r\nHost: x\r\nCookie: ${cookieHeader(browser, bff)}\r\n`;
  using flood = connectRaw(port);
  flood.send(`${head}\r\n`.repeat(2000));
  const sockets = Array.from({ length: 600 }, () => connectRaw(port));
  for (const socket of sockets) socket.send(`${head}Connection: upgrade\r\nUpgrade: websocket\r\n\r\n`);
  const durations: number[] = [];
  for (let probe = 0; probe < 11; probe += 1) {
    const start = performance.now();
    expect((await fetch(`${bff.url}/healthz`)).status).toBe(200);
    durations.push(performance.now() - start);
  }
  // 200 ms on a machine of its own; the bound is for one that runs other tests too.
  expect(durations.sort((one, other) => one - other)[5]).toBeLessThan(1000);
  const countOf = (status: number): number =>
    sockets.filter(({ received }) => received().startsWith(`HTTP/1.1 ${status} `)).length;
  await expect.poll(() => countOf(101) + countOf(503), { timeout: 40_000 }).toBe(600);
  expect(countOf(101)).toBeLessThanOrEqual(30);
  for (const socket of sockets) socket[Symbol.dispose]();
});

test('a session has thirty WebSockets; one more is 503 with Retry-After', async () => {
  await using upstream = await startRawUpstream((socket) =>
    socket.write('HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\n'),
  );
  await using bff = await startBff({ apiRoutes: [{ prefix: '/api/a', upstream: upstream.url }] });
  const { browser } = await signIn(bff);
  const head = `GET /api/a HTTP/1.1\r\nHost: x\r\nCookie: ${cookieHeader(browser, bff)}\r\n`;
  const open = (): RawConnection => {
    const socket = connectRaw(Number(new URL(bff.url).port));
    socket.send(`${head}Connection: upgrade\r\nUpgrade: websocket\r\n\r\n`);
    return socket;
  };
  const sockets = Array.from({ length: 30 }, open);
  for (const { received } of sockets) await expect.poll(received).toContain(' 101 ');
  using refused = open();
  expect(await refused.closed).toMatch(/^HTTP\/1\.1 503 [\s\S]*retry-after: 1\r\n/i);
  for (const socket of sockets) socket[Symbol.dispose]();
  await expect.poll(upstream.openConnections).toBe(0);
  using again = open();
  await expect.poll(again.received).toContain(' 101 ');
});

test('a call beyond what one connection may have in flight is 503 with Retry-After', async () => {
  const answers: (() => void)[] = [];
  await using upstream = await startUpstream((_request, response) => answers.push(() => response.end('ok')));
  await using bff = await startBff({
    apiRoutes: [{ prefix: '/api/a', upstream: upstream.url, auth: 'none' }],
  });
  using client = connectRaw(Number(new URL(bff.url).port));
  client.send('GET /api/a HTTP/1.1\r\nHost: x\r\n\r\n'.repeat(65));
  await expect.poll(() => answers.length).toBe(64);
  for (const answer of answers) answer();
  await expect.poll(client.received).toContain('"code":"rate_limited"');
  expect(client.received()).toMatch(/HTTP\/1\.1 503 [\s\S]*retry-after: 1\r\n/i);
  expect(client.received().match(/HTTP\/1\.1 200 /g)).toHaveLength(64);
});

test('an upstream gets 1,024 calls at once at most, from all clients together', async () => {
  await using upstream = await startUpstream(() => undefined);
  await using other = await startUpstream((_request, response) => response.end('here'));
  await using bff = await startBff({
    apiRoutes: [
      { prefix: '/api/a', upstream: upstream.url, auth: 'none' },
      { prefix: '/api/b', upstream: other.url, auth: 'none' },
    ],
  });
  using clients = new DisposableStack();
  for (let connection = 0; connection < 17; connection += 1) {
    const client = clients.use(connectRaw(Number(new URL(bff.url).port)));
    client.send('GET /api/a HTTP/1.1\r\nHost: x\r\n\r\n'.repeat(64));
  }
  await expect.poll(() => upstream.seen.length).toBe(1024);
  expect(await (await fetch(`${bff.url}/api/b`)).text()).toBe('here');
  expect(upstream.openConnections()).toBe(1024);
});

test('calls of a session that has its share wait for it, and others are answered meanwhile', async () => {
  const held: (() => void)[] = [];
  await using upstream = await startUpstream(({ url }, response) => {
    if (url === '/quick') response.end('quick');
    else held.push(() => response.end('slow'));
  });
  await using bff = await startBff({ apiRoutes: [{ prefix: '/api/a', upstream: upstream.url }] });
  const [ada, other] = [await signIn(bff), await signIn(bff)];
  const ask = async ({ browser }: typeof ada, path: string): Promise<string> =>
    (await fetch(`${bff.url}/api/a${path}`, { headers: { cookie: cookieHeader(browser, bff) } })).text();
  const calls = Array.from({ length: 110 }, () => ask(ada, '/slow'));
  await expect.poll(() => held.length).toBe(100);
  expect(await ask(other, '/quick')).toBe('quick');
  expect(held).toHaveLength(100);
  for (const answer of held.splice(0)) answer();
  await expect.poll(() => held.length).toBe(10);
  for (const answer of held) answer();
  expect(new Set(await Promise.all(calls))).toEqual(new Set(['slow']));
});

/** An app with a hook before ours, which waits until the gate is open; `waiting` has the responses that wait. */
const startSlowHost = async (upstream: string) => {
  const provider = await startDevProvider({ publicUrls: ['http://localhost:1'] });
  const sessionStore = await openSessionStore('memory:');
  const app = Fastify();
  onTestFinished(async () => {
    await app.close();
    await sessionStore.close();
    await provider.close();
  });
  const gate = Promise.withResolvers<void>();
  const waiting: ServerResponse[] = [];
  app.addHook('onRequest', async (_request, { raw }) => {
    waiting.push(raw);
    await gate.promise;
  });
  const { issuer, clientId, clientSecret } = provider;
  await app.register(plugin, {
    ...{ issuer, clientId, clientSecret, sessionKeys: [createSessionKey()], sessionStore },
    publicUrl: 'http://localhost:1',
    apiRoutes: [{ prefix: '/api/a', upstream, auth: 'none' }],
  });
  const url = await app.listen({ port: 0, host: '127.0.0.1' });
  return { url, waiting, openGate: gate.resolve };
};

test.for([
  ['calls', ''],
  ['WebSockets', 'Connection: Upgrade\r\nUpgrade: websocket\r\n'],
])('%s whose clients leave while a hook of the host is at work take no place', async ([, more]) => {
  await using upstream = await startUpstream((_request, response) => response.end('here'));
  const { url, waiting, openGate } = await startSlowHost(upstream.url);
  const clients = Array.from({ length: 1024 }, () => connectRaw(Number(new URL(url).port)));
  for (const client of clients) client.send(`GET /api/a HTTP/1.1\r\nHost: x\r\n${more}\r\n`);
  await expect.poll(() => waiting.length, { timeout: 10_000 }).toBe(1024);
  for (const client of clients) client[Symbol.dispose]();
  await expect.poll(() => waiting.every(({ destroyed }) => destroyed), { timeout: 10_000 }).toBe(true);
  openGate();
  expect(await (await fetch(`${url}/api/a`)).text()).toBe('here');
  expect(upstream.seen).toHaveLength(1);
});
