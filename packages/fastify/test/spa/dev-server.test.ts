import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import Fastify, { type FastifyInstance } from 'fastify';
import { afterEach, expect, test } from 'vitest';
import { replyProblem } from '../../src/pages/problem-reply.ts';
import { Problem } from '../../src/problems.ts';
import { routeUpgrades } from '../../src/server/socket-takeover.ts';
import { registerDevServer } from '../../src/spa/dev-server.ts';

const closers: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

const originOf = (server: Server): string => `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

/** Upgrades, and sends the (short, masked) first text back. */
const echo = (key: string, socket: Socket): void => {
  const accept = createHash('sha1').update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest('base64');
  socket.write(
    `HTTP/1.1 101 Switching Protocols\r\nupgrade: websocket\r\nconnection: upgrade\r\nsec-websocket-accept: ${accept}\r\nsec-websocket-protocol: vite-hmr\r\n\r\n`,
  );
  socket.once('data', (frame: Buffer) => {
    const mask = frame.subarray(2, 6);
    const text = frame.subarray(6, 6 + ((frame[1] ?? 0) & 127)).map((byte, at) => byte ^ (mask[at % 4] ?? 0));
    socket.write(Buffer.concat([Buffer.from([0x81, text.length]), text]));
  });
};

const startDevServer = async () => {
  const seen: { url: string | undefined; headers: IncomingHttpHeaders }[] = [];
  const server = createServer((request, response) => {
    seen.push({ url: request.url, headers: request.headers });
    response
      .writeHead(203, {
        'content-type': 'text/html',
        'access-control-allow-origin': '*',
        'x-request-id': 'theirs',
        'content-security-policy': 'theirs',
      })
      .end('<p>dev</p>');
  });
  server.on('upgrade', (request, socket: Socket) => {
    seen.push({ url: request.url, headers: request.headers });
    closers.push(() => socket.destroy());
    echo(String(request.headers['sec-websocket-key']), socket);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  closers.push(() => server.close());
  return { origin: originOf(server), server, seen };
};

const startApp = async (devServer: string): Promise<{ app: FastifyInstance; origin: string }> => {
  const app = Fastify();
  app.setErrorHandler(replyProblem);
  routeUpgrades(app);
  await app.register(async (own) => {
    own.get('/login', () => 'ours');
    own.all('/api/*', () => {
      throw new Problem('not_found', 'No such API');
    });
  });
  await app.register(async (scope) => {
    scope.addHook('onRequest', async (_request, reply) => {
      reply.headers({ 'x-request-id': 'ours', 'content-security-policy': 'ours' });
    });
    await registerDevServer(scope, devServer, { publicOrigin: 'http://localhost:3000', basePath: '' });
  });
  await app.listen({ port: 0, host: '127.0.0.1' });
  closers.push(() => app.close());
  return { app, origin: originOf(app.server) };
};

test('pages come from the dev server, with our headers and without credentials', async () => {
  const dev = await startDevServer();
  const { origin } = await startApp(dev.origin);
  const headers = { cookie: 'session=secret', authorization: 'Bearer secret', origin };
  const page = await fetch(`${origin}/src/main.tsx?vue&t=1`, { headers });
  expect([page.status, await page.text()]).toEqual([203, '<p>dev</p>']);
  expect(page.headers.get('x-request-id')).toBe('ours');
  expect(page.headers.get('content-security-policy')).toBe('ours');
  expect(page.headers.get('access-control-allow-origin')).toBeNull();
  expect(dev.seen).toHaveLength(1);
  expect(dev.seen[0]?.url).toBe('/src/main.tsx?vue&t=1');
  expect(dev.seen[0]?.headers).toMatchObject({ host: new URL(dev.origin).host, origin: dev.origin });
  expect(dev.seen[0]?.headers).not.toHaveProperty('cookie');
  expect(dev.seen[0]?.headers).not.toHaveProperty('authorization');
});

test('our own routes and unknown APIs never reach the dev server', async () => {
  const dev = await startDevServer();
  const { origin } = await startApp(dev.origin);
  expect(await (await fetch(`${origin}/login`)).text()).toBe('ours');
  for (const path of ['/api', '/api/x', '/%61pi/x', '/api?x']) {
    const answer = await fetch(origin + path);
    expect([path, answer.status]).toEqual([path, 404]);
    expect(await answer.json()).toMatchObject({ code: 'not_found' });
  }
  expect(dev.seen).toEqual([]);
});

test('a WebSocket message passes, without the cookie', async () => {
  const dev = await startDevServer();
  const { origin } = await startApp(dev.origin);
  const options = {
    protocols: ['vite-hmr'],
    headers: { cookie: 'session=secret', authorization: 'Bearer secret', origin },
  };
  const socket = new WebSocket(`${origin.replace('http', 'ws')}/?token=abc`, options);
  await once(socket, 'open');
  socket.send('hello');
  const [message] = await once(socket, 'message');
  expect([message.data, socket.protocol]).toEqual(['hello', 'vite-hmr']);
  expect(dev.seen[0]?.url).toBe('/?token=abc');
  expect(dev.seen[0]?.headers).toMatchObject({ host: new URL(dev.origin).host, origin: dev.origin });
  expect(dev.seen[0]?.headers).not.toHaveProperty('cookie');
  expect(dev.seen[0]?.headers).not.toHaveProperty('authorization');
  socket.close();
});

test('a dev server that is down is a 502 that says so', async () => {
  const dev = await startDevServer();
  const { origin } = await startApp(dev.origin);
  dev.server.close();
  await once(dev.server, 'close');
  const answer = await fetch(origin);
  expect([answer.status, answer.headers.get('x-request-id')]).toEqual([502, 'ours']);
  expect(await answer.json()).toMatchObject({
    code: 'upstream_unavailable',
    title: 'The dev server cannot be reached',
    detail: 'Start the dev server, then reload.',
  });
});
