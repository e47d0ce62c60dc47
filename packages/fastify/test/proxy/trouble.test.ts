import type { Socket } from 'node:net';
import { askRaw, connectRaw } from '@foyer/testkit';
import { expect, test } from 'vitest';
import { cookieHeader } from '../kit/bent-login.ts';
import { type RunningBff, signIn, startBff } from '../kit/start-bff.ts';
import { startRawUpstream, startUpstream } from '../kit/start-upstream.ts';

const startBefore = (upstream: string): Promise<RunningBff> =>
  startBff({ apiRoutes: [{ prefix: '/api/a', upstream, auth: 'none', timeout: 2 }] });

const portOf = ({ url }: RunningBff): number => Number(new URL(url).port);

const ok = 'HTTP/1.1 200 OK\r\n';

/** What an upstream does to a connection that has asked for something, and the code that is answered. */
const troubles: Readonly<Record<string, (socket: Socket) => unknown>> = {
  'closes without a word': (socket) => socket.end(),
  'resets the connection': (socket) => socket.resetAndDestroy(),
  'speaks no HTTP': (socket) => socket.end('220 mail.internal ESMTP ready\r\n'),
  'speaks HTTP/2': (socket) => socket.end(Buffer.from([0, 0, 6, 4, 0, 0, 0, 0, 0, 0, 3, 0, 0, 0, 100])),
  'answers a status that is none': (socket) => socket.end('HTTP/1.1 20 OK\r\n\r\n'),
  'sends huge headers': (socket) => socket.end(`${ok}X-Huge: ${'x'.repeat(100_000)}\r\n\r\n`),
  'sends headers without end': (socket) => {
    const drip = setInterval(() => socket.write(`X-More: ${'x'.repeat(4000)}\r\n`), 1);
    socket.once('close', () => clearInterval(drip)).write(ok);
  },
  'sends a length that is none': (socket) => socket.end(`${ok}Content-Length: many\r\n\r\nx`),
  'sends two lengths': (socket) => socket.end(`${ok}Content-Length: 1\r\nContent-Length: 2\r\n\r\nxx`),
  'sends a length and chunks': (socket) =>
    socket.end(`${ok}Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n\r\n`),
  'sends a header with a line of its own': (socket) => socket.end(`${ok}X: a\rSet-Cookie: b=c\r\n\r\n`),
  'goes on and on': (socket) => {
    const drip = setInterval(
      () => socket.write(`HTTP/1.1 100 Continue\r\nX-More: ${'x'.repeat(4000)}\r\n`),
      1,
    );
    socket.once('close', () => clearInterval(drip));
  },
  'ends the lines of an interim answer in two ways': (socket) =>
    socket.end(
      `HTTP/1.1 100 Continue\n\n${ok}Content-Length: 64\r\n\r\n${ok}Set-Cookie: a=b\r\nContent-Length: 2\r\n\r\nok`,
    ),
  'switches to a protocol that was not asked for': (socket) =>
    socket.write('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n'),
};

test.for(Object.entries(troubles))(
  'an upstream that %s is 502, and nothing of it is shown',
  async ([, trouble]) => {
    await using upstream = await startRawUpstream(trouble);
    await using bff = await startBefore(upstream.url);
    const { status, body } = await askRaw(portOf(bff), 'GET /api/a HTTP/1.1\r\nHost: x\r\n\r\n');
    expect([status, JSON.parse(body)]).toEqual([
      502,
      {
        type: 'urn:foyer:problem:upstream_unavailable',
        title: expect.any(String),
        status: 502,
        code: 'upstream_unavailable',
        detail: 'Try again later.',
        requestId: expect.any(String),
      },
    ]);
    await expect.poll(upstream.openConnections).toBe(0);
  },
);

test.for(['GET', 'POST', 'PUT', 'DELETE'])('a %s that failed is sent once', async (method) => {
  let asked = 0;
  await using upstream = await startRawUpstream((socket) => {
    asked += 1;
    socket.destroy();
  });
  await using bff = await startBefore(upstream.url);
  const answer = await fetch(`${bff.url}/api/a`, { method, headers: { 'x-csrf': '1' } });
  expect([answer.status, asked]).toEqual([502, 1]);
});

test('a 503 is the upstream’s answer: it passes with its Retry-After, and is asked for once', async () => {
  await using upstream = await startUpstream((_request, response) =>
    response.writeHead(503, { 'retry-after': '7' }).end('busy'),
  );
  await using bff = await startBefore(upstream.url);
  const answer = await fetch(`${bff.url}/api/a`);
  expect([answer.status, answer.headers.get('retry-after'), await answer.text()]).toEqual([503, '7', 'busy']);
  expect(upstream.seen).toHaveLength(1);
});

test('a kept connection that the upstream closed meanwhile fails no later call', async () => {
  await using upstream = await startUpstream(({ socket }, response) => {
    response.end('ok', () => setImmediate(() => socket.destroy()));
  });
  await using bff = await startBefore(upstream.url);
  for (let call = 0; call < 20; call += 1) {
    expect((await fetch(`${bff.url}/api/a`)).status).toBe(200);
    await expect.poll(upstream.openConnections, { interval: 2 }).toBe(0);
  }
});

const halves: readonly (readonly [string, string])[] = [
  ['a length', `${ok}Content-Length: 100\r\n\r\nhalf`],
  ['chunks', `${ok}Transfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n`],
  ['a chunk that is none', `${ok}Transfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\nzz\r\n`],
];

test.for(halves)(
  'an answer with %s that ends half way ends the connection, not the answer',
  async ([, half]) => {
    await using upstream = await startRawUpstream((socket) => socket.end(half));
    await using bff = await startBefore(upstream.url);
    using client = connectRaw(portOf(bff));
    client.send('GET /api/a HTTP/1.1\r\nHost: x\r\n\r\n');
    const received = await client.closed;
    expect(received).toContain('half');
    expect(received.endsWith('0\r\n\r\n')).toBe(false);
    await expect.poll(upstream.openConnections).toBe(0);
  },
);

test('an answer that stalls half way is cut when neither side has sent a byte for the idle time', async () => {
  await using upstream = await startRawUpstream((socket) =>
    socket.write(`${ok}Content-Length: 9\r\n\r\nhalf`),
  );
  await using bff = await startBff(
    { apiRoutes: [{ prefix: '/api/a', upstream: upstream.url, auth: 'none' }] },
    { limits: { idleTimeout: 0.3 } },
  );
  using client = connectRaw(portOf(bff));
  client.send('GET /api/a HTTP/1.1\r\nHost: x\r\n\r\n');
  expect(await client.closed).toMatch(/half$/);
  await expect.poll(upstream.openConnections).toBe(0);
});

test('a route that waits longer than the idle time still gets its answer', async () => {
  await using upstream = await startUpstream((_request, response) => {
    setTimeout(() => response.end('late'), 600);
  });
  await using bff = await startBff(
    { apiRoutes: [{ prefix: '/api/a', upstream: upstream.url, auth: 'none', timeout: 5 }] },
    { limits: { idleTimeout: 0.2 } },
  );
  expect(await (await fetch(`${bff.url}/api/a`)).text()).toBe('late');
});

test('a stream of events may send nothing for longer than the idle time', async () => {
  await using upstream = await startUpstream((_request, response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' }).write('data: one\n\n');
    setTimeout(() => response.end('data: two\n\n'), 600);
  });
  await using bff = await startBff(
    { apiRoutes: [{ prefix: '/api/a', upstream: upstream.url, auth: 'none' }] },
    { limits: { idleTimeout: 0.2 } },
  );
  expect(await (await fetch(`${bff.url}/api/a`)).text()).toBe('data: one\n\ndata: two\n\n');
});

const leavings: readonly (readonly [string, string, string])[] = [
  ['before the answer', 'GET /api/a HTTP/1.1\r\nHost: x\r\n\r\n', ''],
  ['in the middle of the answer', 'GET /api/a HTTP/1.1\r\nHost: x\r\n\r\n', `${ok}\r\nhalf`],
  [
    'in the middle of its body',
    'PUT /api/a HTTP/1.1\r\nHost: x\r\nX-CSRF: 1\r\nContent-Length: 9\r\n\r\nhalf',
    '',
  ],
];

test.for(leavings)(
  'a client that leaves %s takes the upstream’s connection along within a second',
  async ([, request, answer]) => {
    const asked = Promise.withResolvers<void>();
    const closed = Promise.withResolvers<number>();
    await using upstream = await startRawUpstream((socket) => {
      socket.once('close', () => closed.resolve(performance.now())).resume();
      if (answer === '') asked.resolve();
      else socket.write(answer);
    });
    await using bff = await startBff({
      apiRoutes: [{ prefix: '/api/a', upstream: upstream.url, auth: 'none' }],
    });
    const client = connectRaw(portOf(bff));
    client.send(request);
    await (answer === '' ? asked.promise : expect.poll(client.received).toContain('half'));
    const left = performance.now();
    client[Symbol.dispose]();
    expect((await closed.promise) - left).toBeLessThan(1000);
  },
);

test('a stream and a download of a session are cut when it ends, others go on', async () => {
  await using upstream = await startUpstream(({ url }, response) => {
    const type = url === '/events' ? 'text/event-stream' : 'application/octet-stream';
    response.writeHead(200, { 'content-type': type }).write('first');
  });
  await using bff = await startBff({ apiRoutes: [{ prefix: '/api/a', upstream: upstream.url }] });
  const [ada, other] = [await signIn(bff), await signIn(bff)];
  const open = (path: string, cookie: string) => {
    const client = connectRaw(portOf(bff));
    client.send(`GET /api/a${path} HTTP/1.1\r\nHost: x\r\nCookie: ${cookie}\r\n\r\n`);
    return client;
  };
  using events = open('/events', cookieHeader(ada.browser, bff));
  using download = open('/file', cookieHeader(ada.browser, bff));
  using theirs = open('/events', cookieHeader(other.browser, bff));
  for (const client of [events, download, theirs]) await expect.poll(client.received).toContain('first');
  await ada.browser.fetch('/logout', { method: 'POST', from: `${bff.url}/` });
  const ended = performance.now();
  await Promise.all([events.closed, download.closed]);
  expect(performance.now() - ended).toBeLessThan(1000);
  expect(theirs.isClosed()).toBe(false);
  await expect.poll(upstream.openConnections).toBe(1);
});

const closings: Readonly<Record<string, (socket: Socket) => void>> = {
  'keeps its connection': () => undefined,
  'closes its connection': (socket) => socket.destroySoon(),
  'resets its connection': (socket) => socket.resetAndDestroy(),
};
const refusals = Object.keys(closings).flatMap((how) =>
  [401, 302, 413, 507].map((status) => ({
    how,
    status,
    expect: status === 413 ? 'Expect: 100-continue\r\n' : '',
  })),
);

test.for(refusals)(
  'an upstream that answers $status before the upload is done and $how is passed on at once, and the connection stays usable',
  async ({ how, status, expect: expectation }) => {
    await using upstream = await startUpstream(({ method, socket }, response) => {
      if (method === 'GET') response.end('next');
      else response.writeHead(status, { 'content-length': 5 }).end('early', () => closings[how]?.(socket));
    });
    await using bff = await startBff({
      apiRoutes: [{ prefix: '/api/a', upstream: upstream.url, auth: 'none' }],
    });
    using client = connectRaw(portOf(bff));
    const length = 5_000_000;
    client.send(
      `PUT /api/a HTTP/1.1\r\nHost: x\r\nX-CSRF: 1\r\n${expectation}Content-Length: ${length}\r\n\r\n`,
    );
    if (expectation !== '') await expect.poll(client.received).toContain('100 Continue');
    client.send(Buffer.alloc(1_000_000));
    await expect.poll(client.received).toMatch(/HTTP\/1\.1 (?!100)\d{3} [\s\S]*\r\n\r\n./);
    expect(client.received()).toMatch(new RegExp(`HTTP/1\\.1 ${status} [\\s\\S]*early$`));
    client.send(Buffer.alloc(length - 1_000_000));
    client.send('GET /api/a HTTP/1.1\r\nHost: x\r\n\r\n');
    await expect.poll(client.received).toMatch(/next$/);
  },
);
