import { once } from 'node:events';
import { createServer } from 'node:http';
import { connectRaw, parseRawAnswer, type RawConnection } from '@foyer/testkit';
import { expect, test, vi } from 'vitest';
import type { ServerSettings } from '../../src/index.ts';
import { type RunningBff, startBff } from '../kit/start-bff.ts';

const startWithin = (
  limits: ServerSettings['limits'],
  trustProxy: readonly string[] = [],
): Promise<RunningBff> => startBff({}, { limits: { checkInterval: 0.05, ...limits }, trustProxy });

const portOf = ({ url }: RunningBff): number => Number(new URL(url).port);

const expectOthersServed = async ({ url }: RunningBff): Promise<void> => {
  const answer = await fetch(`${url}/api/me`);
  expect(await answer.json()).toEqual({ authenticated: false, loginUrl: '/login' });
};

/** Sends a byte now and then for as long as the connection lives: no idle limit sees it. */
const drip = async (connection: RawConnection, piece: string): Promise<void> => {
  while (!connection.isClosed()) {
    connection.send(piece);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
};

test('headers that come a byte at a time are cut off with 408, and others are served meanwhile', async () => {
  await using bff = await startWithin({ headersTimeout: 0.2 });
  using slow = connectRaw(portOf(bff));
  slow.send('GET /api/me HTTP/1.1\r\nHost: localhost\r\nX: ');
  const dripping = drip(slow, 'a');
  await expectOthersServed(bff);
  const { status, headers } = parseRawAnswer(await slow.closed);
  await dripping;
  expect(status).toBe(408);
  expect(headers.map(([name]) => name)).toEqual(expect.arrayContaining(['x-request-id', 'cache-control']));
});

test('a body that comes a byte at a time is cut off with 408, and is not logged as an error', async () => {
  await using bff = await startWithin({ headersTimeout: 0.1, requestTimeout: 0.2 });
  using slow = connectRaw(portOf(bff));
  slow.send('POST /logout HTTP/1.1\r\nHost: localhost\r\nX-CSRF: 1\r\nContent-Length: 60000\r\n\r\n');
  const dripping = drip(slow, 'a');
  await expectOthersServed(bff);
  expect(parseRawAnswer(await slow.closed).status).toBe(408);
  await dripping;
  expect(bff.log.filter(({ level }) => Number(level) >= 40)).toEqual([]);
});

test('a form that comes too slowly is a page to a person', async () => {
  await using bff = await startWithin({ headersTimeout: 0.1, requestTimeout: 0.2 });
  using slow = connectRaw(portOf(bff));
  const head = 'POST /logout HTTP/1.1\r\nHost: localhost\r\nX-CSRF: 1\r\nAccept: text/html\r\n';
  slow.send(`${head}Content-Length: 60000\r\n\r\n`);
  const { status, headers, body } = parseRawAnswer(await slow.closed);
  expect([status, new Map(headers).get('content-type')]).toEqual([408, 'text/html; charset=utf-8']);
  expect(body).toContain('Send the request faster.');
});

test('a connection that never says anything is closed', async () => {
  await using bff = await startWithin({ headersTimeout: 0.1, idleTimeout: 0.2 });
  using silent = connectRaw(portOf(bff));
  await expectOthersServed(bff);
  expect(await silent.closed).toBe('');
});

test('a connection that has been answered and says nothing more is closed', async () => {
  await using bff = await startWithin({ keepAliveTimeout: 0.1 });
  using idle = connectRaw(portOf(bff));
  idle.send('GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n');
  expect(parseRawAnswer(await idle.closed).status).toBe(200);
});

test('a reader that does not read is cut off, and what it asked for is let go', async () => {
  const gone = Promise.withResolvers<void>();
  const upstream = createServer((_request, response) => {
    response.once('close', () => gone.resolve());
    const fill = (): void => {
      while (response.write('a'.repeat(65_536)));
      response.once('drain', fill);
    };
    fill();
  }).listen(0, '127.0.0.1');
  await once(upstream, 'listening');
  const address = upstream.address();
  const upstreamPort = typeof address === 'object' ? address?.port : 0;
  await using bff = await startBff(
    { apiRoutes: [{ prefix: '/api/big', upstream: `http://127.0.0.1:${upstreamPort}`, auth: 'none' }] },
    { limits: { idleTimeout: 0.3 } },
  );
  using reader = connectRaw(portOf(bff));
  reader.send('GET /api/big HTTP/1.1\r\nHost: localhost\r\n\r\n');
  await expect.poll(() => reader.received()).toContain('200 OK');
  reader.pause();
  await expectOthersServed(bff);
  await gone.promise;
  upstream.close();
  expect(bff.app.server.listening).toBe(true);
});

const openMany = (port: number, count: number, localAddress?: string): readonly RawConnection[] =>
  Array.from({ length: count }, () => connectRaw(port, localAddress));

const closeAll = (connections: readonly RawConnection[]): void => {
  for (const connection of connections) connection[Symbol.dispose]();
};

test('one address gets so many connections and no more, and others are served', async () => {
  await using bff = await startWithin({ connectionsPerAddress: 5 });
  const greedy = openMany(portOf(bff), 12, '127.0.0.2');
  await expect.poll(() => greedy.filter(({ isClosed }) => isClosed())).toHaveLength(7);
  await expectOthersServed(bff);
  closeAll(greedy);
  await vi.waitFor(async () => {
    using again = connectRaw(portOf(bff), '127.0.0.2');
    again.send('GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n');
    expect(await again.closed).toContain('200 OK');
  });
});

test('a trusted proxy may open more connections than one client', async () => {
  await using bff = await startWithin({ connectionsPerAddress: 5 }, ['127.0.0.0/30']);
  const proxied = openMany(portOf(bff), 12, '127.0.0.2');
  const others = openMany(portOf(bff), 12, '127.0.0.5');
  await expect.poll(() => others.filter(({ isClosed }) => isClosed())).toHaveLength(7);
  for (const connection of proxied) {
    connection.send('GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n');
    expect(await connection.closed).toContain('200 OK');
  }
  closeAll(others);
});

test('good clients are answered while a hundred bad ones hang', async () => {
  await using bff = await startWithin({});
  const bad = [
    ...openMany(portOf(bff), 30),
    ...openMany(portOf(bff), 30).map((connection) => {
      connection.send('GET /api/me HTTP/1.1\r\nHost: localhost\r\nX: ');
      return connection;
    }),
    ...openMany(portOf(bff), 30).map((connection) => {
      connection.send('POST /logout HTTP/1.1\r\nHost: x\r\nX-CSRF: 1\r\nContent-Length: 9\r\n\r\na');
      return connection;
    }),
    ...openMany(portOf(bff), 10).map((connection) => {
      connection.pause();
      connection.send('GET /login HTTP/1.1\r\nHost: localhost\r\n\r\n'.repeat(50));
      return connection;
    }),
  ];
  await Promise.all(Array.from({ length: 50 }, () => expectOthersServed(bff)));
  closeAll(bad);
  const countOpen = () =>
    new Promise<number>((resolve) => bff.app.server.getConnections((_error, count) => resolve(count)));
  await expect.poll(() => countOpen()).toBeLessThan(60);
});
