import { once } from 'node:events';
import { createServer } from 'node:http';
import { connect, type Socket } from 'node:net';
import { startDevProvider } from '@foyer/dev-provider';
import { askRaw, connectRaw } from '@foyer/testkit';
import Fastify from 'fastify';
import { expect, onTestFinished, test } from 'vitest';
import { bff, openSessionStore } from '../../src/index.ts';
import { createSessionKey, startBff } from '../kit/start-bff.ts';
import { startRawUpstream, startUpstream } from '../kit/start-upstream.ts';

/** An API that refuses every upgrade, with an answer that never ends. */
const startEndless = async (): Promise<{ readonly url: string; readonly gone: Promise<void> }> => {
  const gone = Promise.withResolvers<void>();
  const server = createServer().on('upgrade', (_request, socket) => {
    const piece = Buffer.alloc(64 * 1024);
    const fill = (): void => {
      while (socket.write(piece));
    };
    socket.on('drain', fill).on('error', () => undefined);
    socket.once('close', () => gone.resolve());
    socket.write('HTTP/1.1 403 Forbidden\r\n\r\n');
    fill();
  });
  server.listen(0, '127.0.0.1');
  onTestFinished(() => void server.close());
  await once(server, 'listening');
  const address = server.address();
  const port = typeof address === 'object' ? address?.port : undefined;
  return { url: `http://127.0.0.1:${port}`, gone: gone.promise };
};

/** Asks for a WebSocket on a connection whose half stays open whatever comes. */
const askForSocket = (url: string): Socket => {
  const { host, port } = new URL(url);
  const socket = connect({ port: Number(port), host: '127.0.0.1', allowHalfOpen: true });
  socket.on('error', () => undefined);
  socket.write(
    `GET /api/live HTTP/1.1\r\nhost: ${host}\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\n`,
  );
  return socket;
};

test('a refused WebSocket is closed, though its other end stays', async () => {
  const apiRoutes = [{ prefix: '/api/live', upstream: 'http://127.0.0.1:9' }];
  await using bff = await startBff({ apiRoutes });
  const connected = once(bff.app.server, 'connection');
  const held = askForSocket(bff.url);
  const [text] = await once(held, 'data');
  expect(String(text)).toMatch(/^HTTP\/1\.1 401 /);
  const [socket] = await connected;
  await expect.poll(() => socket.closed).toBe(true);
  held.destroy();
});

test('a client that asked for a WebSocket and does not read why it was refused is cut off, and the log says so', async () => {
  const { url, gone } = await startEndless();
  const apiRoutes = [{ prefix: '/api/live', upstream: url, auth: 'none' }] as const;
  await using bff = await startBff({ apiRoutes }, { limits: { idleTimeout: 0.2 } });
  const held = askForSocket(bff.url).pause();
  await gone;
  await expect.poll(() => bff.log.map(({ event }) => event)).toContain('cut');
  held.destroy();
});

test.for([
  ['a POST', 'POST', 'Content-Length: 5', 'hello'],
  ['a chunked POST', 'POST', 'Transfer-Encoding: chunked', '5\r\nhello\r\n0\r\n\r\n'],
  ['a GET with a body', 'GET', 'Content-Length: 5', 'hello'],
] as const)('%s that asks for a WebSocket too keeps its body', async ([, method, framing, body]) => {
  await using upstream = await startUpstream((request, response) => request.pipe(response));
  const apiRoutes = [{ prefix: '/api/live', upstream: upstream.url, auth: 'none' }] as const;
  await using bff = await startBff({ apiRoutes });
  const { host, port } = new URL(bff.url);
  const head = `Host: ${host}\r\nX-CSRF: 1\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n${framing}`;
  const answer = await askRaw(Number(port), `${method} /api/live HTTP/1.1\r\n${head}\r\n\r\n${body}`);
  expect([answer.status, answer.body]).toEqual([200, expect.stringContaining('hello')]);
});

test('header bytes beyond ASCII of a refused upgrade pass unchanged', async () => {
  const name = 'caf\xc3\xa9 \x80\xff';
  await using upstream = await startRawUpstream((socket) =>
    socket.end(
      Buffer.from(`HTTP/1.1 403 Forbidden\r\nX-Why: ${name}\r\nContent-Length: 2\r\n\r\nno`, 'latin1'),
    ),
  );
  const apiRoutes = [{ prefix: '/api/live', upstream: upstream.url, auth: 'none' }] as const;
  await using bff = await startBff({ apiRoutes });
  const { status, headers, body } = await askRaw(
    Number(new URL(bff.url).port),
    'GET /api/live HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n',
  );
  expect([status, body]).toEqual([403, 'no']);
  expect(headers).toContainEqual(['x-why', name]);
});

test('an upgrade that is answered with a status that is none is 502', async () => {
  await using upstream = await startRawUpstream((socket) =>
    socket.write('HTTP/1.1 099 Odd\r\nContent-Length: 2\r\n\r\nno'),
  );
  const apiRoutes = [{ prefix: '/api/live', upstream: upstream.url, auth: 'none' }] as const;
  await using bff = await startBff({ apiRoutes });
  const { status, body } = await askRaw(
    Number(new URL(bff.url).port),
    'GET /api/live HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n',
  );
  expect([status, JSON.parse(body)]).toMatchObject([502, { code: 'upstream_unavailable' }]);
  await expect.poll(upstream.openConnections).toBe(0);
});

const upgrade = 'Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n';

/** An API that takes every WebSocket, and answers 426 to a request that is none. */
const startTaking = async () => {
  const server = createServer((_request, response) => response.writeHead(426).end('upgrade'));
  server.on('upgrade', (_request, socket) => {
    socket.on('error', () => undefined).resume();
    socket.end('HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\n');
  });
  server.listen(0, '127.0.0.1');
  onTestFinished(() => void server.close());
  await once(server, 'listening');
  const address = server.address();
  const port = typeof address === 'object' ? address?.port : undefined;
  return [{ prefix: '/api/live', upstream: `http://127.0.0.1:${port}`, auth: 'none' }] as const;
};

test('Upgrade without Connection is an ordinary request, and never 101', async () => {
  await using bff = await startBff({ apiRoutes: await startTaking() });
  const head = 'GET /api/live HTTP/1.1\r\nHost: h\r\nUpgrade: websocket\r\n\r\n';
  expect((await askRaw(Number(new URL(bff.url).port), head)).status).toBe(426);
});

test('an upgrade behind a request that is being answered is an ordinary request', async () => {
  await using bff = await startBff({ apiRoutes: await startTaking() });
  using client = connectRaw(Number(new URL(bff.url).port));
  const [healthz, live] = ['/healthz', '/api/live'].map((path) => `GET ${path} HTTP/1.1\r\nHost: h\r\n`);
  client.send(`${healthz}\r\n${live}${upgrade}\r\n`);
  await expect
    .poll(() => client.received().match(/HTTP\/1\.1 \d+/g))
    .toEqual(['HTTP/1.1 200', 'HTTP/1.1 426']);
});

test('a server of the host’s own takes WebSockets, and lives through resets and pipelined ones', async () => {
  const provider = await startDevProvider({ publicUrls: ['http://localhost:1'] });
  const sessionStore = await openSessionStore('memory:');
  const app = Fastify();
  onTestFinished(async () => {
    await app.close();
    await sessionStore.close();
    await provider.close();
  });
  const { issuer, clientId, clientSecret } = provider;
  const sessionKeys = [createSessionKey()];
  const apiRoutes = await startTaking();
  await app.register(bff, {
    ...{ issuer, clientId, clientSecret, sessionKeys, sessionStore, apiRoutes },
    publicUrl: 'http://localhost:1',
  });
  const port = Number(new URL(await app.listen({ port: 0, host: '127.0.0.1' })).port);
  const live = `GET /api/live HTTP/1.1\r\nHost: h\r\n${upgrade}\r\n`;
  using client = connectRaw(port);
  client.send(live);
  expect(await client.closed).toMatch(/^HTTP\/1\.1 101 /);
  using pipelined = connectRaw(port);
  pipelined.send(`GET /healthz HTTP/1.1\r\nHost: h\r\n\r\n${live}`);
  expect(await pipelined.closed).not.toContain('101');
  const reset = connect({ port, host: '127.0.0.1' });
  reset.write(live);
  await once(reset, 'connect');
  reset.resetAndDestroy();
  expect((await fetch(`http://127.0.0.1:${port}/healthz`)).status).toBe(200);
});
