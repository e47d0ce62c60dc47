import { once } from 'node:events';
import { createServer } from 'node:http';
import { connect, Socket } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import { fuzzRuns, fuzzTimeout } from '@foyer/testkit';
import fc from 'fast-check';
import { expect, onTestFinished, test } from 'vitest';
import { cookieHeader } from '../kit/bent-login.ts';
import { type RunningBff, signIn, startBff } from '../kit/start-bff.ts';

/** An upstream that answers an upgrade in the way that its path names, and ignores the end of streams. */
const startOddUpstream = async (): Promise<string> => {
  const sockets = new Set<Socket>();
  const long = 'x'.repeat(300_000);
  const switching = 'HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\n';
  const answers: Readonly<Record<string, (socket: Socket) => unknown>> = {
    silent: () => undefined,
    accept: (socket) => socket.write(switching),
    drop: (socket) => socket.write(switching, () => socket.resetAndDestroy()),
    half: (socket) =>
      socket.write('HTTP/1.1 403 Forbidden\r\ncontent-length: 9\r\n\r\nhalf', () => socket.resetAndDestroy()),
    refuse: (socket) => socket.end('HTTP/1.1 403 Forbidden\r\ncontent-length: 2\r\n\r\nno'),
    long: (socket) => socket.write(`HTTP/1.1 200 OK\r\ncontent-length: 900000\r\n\r\n${long}`),
    vanish: (socket) => socket.destroy(),
  };
  const server = createServer({}, (_request, response) => response.end('ordinary'));
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined).once('close', () => sockets.delete(socket));
  });
  server.on('upgrade', ({ url = '' }, socket) => {
    socket.on('error', () => undefined).resume();
    if (socket instanceof Socket) answers[url.split('/').at(-1) ?? '']?.(socket);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return `http://127.0.0.1:${address.port}`;
};

const upgrade = 'Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n';
const requests = fc.array(
  fc.oneof(
    fc.constant('GET /healthz HTTP/1.1\r\nHost: h\r\n\r\n'),
    fc.constant('GET /api/open/accept HTTP/1.1\r\nHost: h\r\nUpgrade: websocket\r\n\r\n'),
    fc.constant(`GET / HTTP/1.1\r\nHost: h\r\n${upgrade}\r\n`),
    fc.constant(`GET /api/closed/x HTTP/1.1\r\nHost: h\r\n${upgrade}\r\n`),
    fc
      .constantFrom('/api/me/events', '/gate', '/api/closed/ordinary')
      .map((path) => `GET ${path} HTTP/1.1\r\nHost: h\r\nCookie: <cookie>\r\n\r\n`),
    fc
      .constantFrom('accept', 'refuse', 'drop', 'half')
      .map((path) => `GET /api/closed/${path} HTTP/1.1\r\nHost: h\r\nCookie: <cookie>\r\n${upgrade}\r\n`),
    fc
      .constantFrom('silent', 'accept', 'refuse', 'long', 'vanish', 'drop', 'half')
      .map((path) => `GET /api/open/${path} HTTP/1.1\r\nHost: h\r\n${upgrade}\r\n`),
    fc.constantFrom('\x81\x02hi', 'not HTTP\r\n\r\n'),
  ),
  { minLength: 1, maxLength: 4 },
);
const exchanges = fc.record({
  requests,
  delayMs: fc.constantFrom(0, 0, 1, 3, 10),
  ending: fc.constantFrom('reset', 'end', 'destroy', 'unread'),
});
type Exchange = typeof exchanges extends fc.Arbitrary<infer Value> ? Value : never;

const run = async (port: number, { requests: sent, delayMs, ending }: Exchange): Promise<void> => {
  const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true });
  socket.on('error', () => undefined);
  await once(socket, 'connect');
  if (ending !== 'unread') socket.resume();
  socket.write(Buffer.from(sent.join(''), 'latin1'));
  // A part of what is tried: the client leaves at some time of the exchange.
  await wait(delayMs);
  if (ending === 'reset' || ending === 'unread') socket.resetAndDestroy();
  else if (ending === 'destroy') socket.destroy();
  else {
    socket.end();
    await wait(delayMs);
    socket.destroy();
  }
};

const startBefore = async (upstream: string, isDev: boolean): Promise<RunningBff> =>
  startBff(
    isDev
      ? { spa: { devServer: upstream } }
      : {
          gate: 'on',
          apiRoutes: [
            { prefix: '/api/open', upstream, auth: 'none' },
            { prefix: '/api/closed', upstream },
          ],
        },
  );

test.for([
  ['proxy', false, 500],
  ['dev server', true, 500],
] as const)(
  'no exchange of bytes around an upgrade ends the process: %s',
  { timeout: fuzzTimeout === 0 ? 0 : 60_000 },
  async ([, isDev, runs]) => {
    await using bff = await startBefore(await startOddUpstream(), isDev);
    const port = Number(new URL(bff.url).port);
    const cookie = cookieHeader((await signIn(bff)).browser, bff);
    await fc.assert(
      fc.asyncProperty(exchanges, async (exchange) => {
        const sent = exchange.requests.map((text) => text.replace('<cookie>', cookie));
        const requests = sent.map((text) => (isDev ? text.replace('/api/open/', '/') : text));
        await run(port, { ...exchange, requests });
      }),
      fuzzRuns(runs),
    );
    const health = await fetch(`${bff.url}/healthz`);
    expect(health.status).toBe(200);
    const me = await fetch(`${bff.url}/api/me`, { headers: { cookie } });
    expect(await me.json()).toMatchObject({ authenticated: true });
  },
);
