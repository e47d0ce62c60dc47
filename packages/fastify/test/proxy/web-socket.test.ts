import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import { connect, type Socket } from 'node:net';
import { expect, type MockInstance, test, vi } from 'vitest';
import { WebSocket, WebSocketServer } from 'ws';
import type { ApiRoute, BffOptions } from '../../src/options.ts';
import { type RunningBff, signIn, startBff } from '../kit/start-bff.ts';

/** An upstream that sends every message back, and refuses what is not below `/v1/`. */
const startEcho = async () => {
  const seen: { url: string | undefined; headers: IncomingHttpHeaders }[] = [];
  const server = createServer((_request, response) => response.writeHead(426).end('upgrade, please'));
  const sockets = new WebSocketServer({
    noServer: true,
    handleProtocols: (offered) => [...offered][0] ?? false,
  });
  server.on('upgrade', (request, socket, head) => {
    seen.push({ url: request.url, headers: request.headers });
    if (!request.url?.startsWith('/v1/')) {
      socket.end('HTTP/1.1 403 Forbidden\r\nset-cookie: a=b\r\ncontent-length: 4\r\n\r\nno!!');
      return;
    }
    sockets.handleUpgrade(request, socket, head, (ws) => {
      ws.on('message', (data, isBinary) => ws.send(data, { binary: isBinary }));
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return {
    url: `http://127.0.0.1:${address.port}`,
    seen,
    sockets,
    [Symbol.asyncDispose]: async () => {
      for (const socket of sockets.clients) socket.terminate();
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
};

const startBefore = (
  upstream: string,
  route: Partial<ApiRoute> = {},
  more: Partial<BffOptions> = {},
): Promise<RunningBff> =>
  startBff({ apiRoutes: [{ prefix: '/api/live', upstream: `${upstream}/v1`, ...route }], ...more });

const open = (
  bff: RunningBff,
  { cookie, origin = bff.url, path = '/api/live/echo' }: { cookie?: string; origin?: string; path?: string },
  protocols: string[] = [],
): WebSocket =>
  new WebSocket(bff.url.replace('http', 'ws') + path, protocols, {
    origin,
    headers: cookie === undefined ? {} : { cookie },
  });

const cookieOf = async (bff: RunningBff) => {
  const { browser } = await signIn(bff);
  return browser
    .cookies(bff.url)
    .map(({ name, value }) => `${name}=${value}`)
    .join('; ');
};

const refusalOf = async (socket: WebSocket): Promise<{ status: number | undefined; body: string }> => {
  const [, response] = await once(socket, 'unexpected-response');
  let body = '';
  for await (const chunk of response) body += chunk;
  return { status: response.statusCode, body };
};

test('messages pass both ways, the token goes along and the cookie stays', async () => {
  await using upstream = await startEcho();
  await using bff = await startBefore(upstream.url);
  const socket = open(bff, { cookie: await cookieOf(bff), path: '/api/live/echo?room=%201' }, ['chat']);
  await once(socket, 'open');
  expect(socket.protocol).toBe('chat');
  for (const size of [1, 200, 70_000, 3_000_000]) {
    const sent = Buffer.alloc(size, 7);
    socket.send(sent);
    const [data] = await once(socket, 'message');
    expect(sent.equals(data)).toBe(true);
  }
  const [got] = upstream.seen;
  expect(got?.url).toBe('/v1/echo?room=%201');
  expect(got?.headers.authorization).toMatch(/^Bearer ./);
  expect(got?.headers.cookie).toBeUndefined();
  expect(got?.headers['x-forwarded-host']).toBe(new URL(bff.url).host);
  socket.close(1000);
  expect((await once(socket, 'close'))[0]).toBe(1000);
});

test('a visitor without a session, another site and a wrong path are refused before the upstream hears of it', async () => {
  await using upstream = await startEcho();
  await using bff = await startBefore(upstream.url);
  const cookie = await cookieOf(bff);
  const stranger = await refusalOf(open(bff, {}));
  expect([stranger.status, JSON.parse(stranger.body).code]).toEqual([401, 'unauthenticated']);
  const foreign = await refusalOf(open(bff, { cookie, origin: 'https://evil.example' }));
  expect([foreign.status, JSON.parse(foreign.body).code]).toEqual([403, 'cross_site_request']);
  const odd = await refusalOf(open(bff, { cookie, path: '/api/live/a%2fb' }));
  expect([odd.status, JSON.parse(odd.body).code]).toEqual([400, 'bad_request']);
  const own = await refusalOf(open(bff, { cookie, path: '/api/me' }));
  expect(own.status).toBe(200);
  expect(upstream.seen).toEqual([]);
});

test('an allowed origin may open one', async () => {
  await using upstream = await startEcho();
  await using bff = await startBefore(upstream.url, {}, { allowedOrigins: ['http://app.localhost:1'] });
  const socket = open(bff, { cookie: await cookieOf(bff), origin: 'http://app.localhost:1' });
  await once(socket, 'open');
  socket.close();
  await once(socket, 'close');
});

test('a route without auth sends no token', async () => {
  await using upstream = await startEcho();
  await using bff = await startBefore(upstream.url, { auth: 'none' });
  const socket = open(bff, { cookie: await cookieOf(bff) });
  await once(socket, 'open');
  expect(upstream.seen[0]?.headers.authorization).toBeUndefined();
  socket.close();
  await once(socket, 'close');
});

test('the upstream’s own refusal passes, without its cookie', async () => {
  await using upstream = await startEcho();
  await using bff = await startBff({
    apiRoutes: [{ prefix: '/api/live', upstream: `${upstream.url}/other` }],
  });
  const socket = open(bff, { cookie: await cookieOf(bff) });
  const [, response] = await once(socket, 'unexpected-response');
  expect([response.statusCode, response.headers['set-cookie']]).toEqual([403, undefined]);
  response.resume();
});

test('an upstream that is down is 502, a silent one 504, and neither is named', async () => {
  const silent = createServer()
    .on('upgrade', () => undefined)
    .listen(0, '127.0.0.1');
  await once(silent, 'listening');
  const address = silent.address();
  const port = typeof address === 'object' ? address?.port : 0;
  await using bff = await startBff({
    apiRoutes: [
      { prefix: '/api/down', upstream: 'http://127.0.0.1:9' },
      { prefix: '/api/silent', upstream: `http://127.0.0.1:${port}`, timeout: 0.1 },
    ],
  });
  const cookie = await cookieOf(bff);
  const down = await refusalOf(open(bff, { cookie, path: '/api/down' }));
  expect([down.status, JSON.parse(down.body).code]).toEqual([502, 'upstream_unavailable']);
  const late = await refusalOf(open(bff, { cookie, path: '/api/silent' }));
  expect([late.status, JSON.parse(late.body).code]).toEqual([504, 'upstream_timeout']);
  expect(down.body + late.body).not.toContain('127.0.0.1');
  silent.closeAllConnections();
  silent.close();
});

test('the end of the session closes it with 4401, and the upstream’s side too', async () => {
  await using upstream = await startEcho();
  await using bff = await startBefore(upstream.url);
  const { browser } = await signIn(bff);
  const cookie = browser
    .cookies(bff.url)
    .map(({ name, value }) => `${name}=${value}`)
    .join('; ');
  const socket = open(bff, { cookie });
  await once(socket, 'open');
  const closed = once(socket, 'close');
  await browser.fetch('/logout', { method: 'POST', from: `${bff.url}/` });
  const [code, reason] = await closed;
  expect([code, String(reason)]).toEqual([4401, 'The session ended']);
  await expect.poll(() => upstream.sockets.clients.size).toBe(0);
});

test('the end of the session waits for the frame that is under way', async () => {
  const whole = Buffer.from('a message in two pieces');
  let sendTheRest = (): void => undefined;
  const upstream = createServer().on('upgrade', (request, socket) => {
    new WebSocketServer({ noServer: true }).handleUpgrade(request, socket, Buffer.alloc(0), () => {
      socket.write(Buffer.from([0x82, whole.length]));
      socket.write(whole.subarray(0, 5));
      sendTheRest = () => void socket.write(whole.subarray(5));
    });
  });
  upstream.listen(0, '127.0.0.1');
  await once(upstream, 'listening');
  const address = upstream.address();
  const port = typeof address === 'object' ? address?.port : 0;
  await using bff = await startBefore(`http://127.0.0.1:${port}`);
  const { browser } = await signIn(bff);
  const cookie = browser
    .cookies(bff.url)
    .map(({ name, value }) => `${name}=${value}`)
    .join('; ');
  const socket = open(bff, { cookie });
  await once(socket, 'open');
  const message = once(socket, 'message');
  const closed = once(socket, 'close');
  await browser.fetch('/logout', { method: 'POST', from: `${bff.url}/` });
  sendTheRest();
  expect(String((await message)[0])).toBe(whole.toString());
  expect((await closed)[0]).toBe(4401);
  upstream.close();
});

test('a browser that goes away takes the upstream’s side along, and the reverse', async () => {
  await using upstream = await startEcho();
  await using bff = await startBefore(upstream.url);
  const cookie = await cookieOf(bff);
  const one = open(bff, { cookie });
  await once(one, 'open');
  one.terminate();
  await expect.poll(() => upstream.sockets.clients.size, { timeout: 3000 }).toBe(0);
  const other = open(bff, { cookie });
  await once(other, 'open');
  const closed = once(other, 'close');
  for (const socket of upstream.sockets.clients) socket.terminate();
  await closed;
});

test('at a shutdown the close code says that the service restarts', async () => {
  await using upstream = await startEcho();
  const bff = await startBefore(upstream.url);
  const socket = open(bff, { cookie: await cookieOf(bff) });
  await once(socket, 'open');
  const closed = once(socket, 'close');
  await bff[Symbol.asyncDispose]();
  expect((await closed)[0]).toBe(1012);
});

test('an upgrade to something else is answered as an ordinary request', async () => {
  await using upstream = await startEcho();
  await using bff = await startBefore(upstream.url);
  const socket = connect(Number(new URL(bff.url).port), '127.0.0.1');
  socket.end('GET /healthz HTTP/1.1\r\nhost: x\r\nconnection: upgrade\r\nupgrade: h2c\r\n\r\n');
  let text = '';
  for await (const chunk of socket) text += chunk;
  expect(text).toMatch(/^HTTP\/1\.1 200 OK\r\n/);
});

test('the connection of an open WebSocket is asked now and then whether its other end is there', async () => {
  await using upstream = await startEcho();
  await using bff = await startBefore(upstream.url);
  const cookie = await cookieOf(bff);
  const connected = Promise.withResolvers<MockInstance<Socket['setKeepAlive']>>();
  bff.app.server.once('connection', (connection: Socket) =>
    connected.resolve(vi.spyOn(connection, 'setKeepAlive')),
  );
  const socket = open(bff, { cookie });
  await once(socket, 'open');
  expect(await connected.promise).toHaveBeenCalledWith(true, 60_000);
  socket.terminate();
});
