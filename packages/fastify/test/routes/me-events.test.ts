import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { connect, type Socket } from 'node:net';
import type { SignedOutReason } from '@foyer/contract';
import { connectRaw } from '@foyer/testkit';
import { afterEach, expect, onTestFinished, test, vi } from 'vitest';
import { type Observe, openSessionStore, type SessionStore } from '../../src/index.ts';
import { type RunningBff, signIn, startBff } from '../kit/start-bff.ts';

afterEach(() => {
  vi.useRealTimers();
});

interface Stream {
  readonly status: number;
  readonly headers: Headers;
  /** Reads until `wanted` has come, or to the end; returns everything so far. */
  readonly until: (wanted?: string) => Promise<string>;
  readonly leave: () => void;
}

const cookieOf = async (bff: RunningBff): Promise<string> => {
  const { browser } = await signIn(bff);
  const pairs = browser.cookies(bff.url).map(({ name, value }) => `${name}=${value}`);
  return pairs.join('; ');
};

const listen = async ({ url }: RunningBff, cookie: string): Promise<Stream> => {
  const leaving = new AbortController();
  const answer = await fetch(`${url}/api/me/events`, { headers: { cookie }, signal: leaving.signal });
  const reader = answer.body?.getReader();
  let text = '';
  return {
    status: answer.status,
    headers: answer.headers,
    until: async (wanted) => {
      while (wanted === undefined || !text.includes(wanted)) {
        const piece = await reader?.read();
        if (piece?.value === undefined) break;
        text += Buffer.from(piece.value).toString();
      }
      return text;
    },
    leave: () => leaving.abort(),
  };
};

interface Shown {
  readonly id: string;
  readonly idleExpiresAt: string;
}

const sessionOf = async ({ url }: RunningBff, cookie: string): Promise<Shown> => {
  const answer = await fetch(`${url}/api/me?slide=false`, { headers: { cookie } });
  return JSON.parse(await answer.text()).session;
};

test('a stream is server-sent events that no cache keeps', async () => {
  await using bff = await startBff();
  const stream = await listen(bff, await cookieOf(bff));
  expect([stream.status, stream.headers.get('content-type'), stream.headers.get('cache-control')]).toEqual([
    200,
    'text/event-stream; charset=utf-8',
    'no-store',
  ]);
  expect(stream.headers.get('x-content-type-options')).toBe('nosniff');
  expect(await stream.until('retry')).toMatch(/^retry: \d+\n\n$/);
  stream.leave();
});

test('a visitor without a session gets a problem and no stream', async () => {
  await using bff = await startBff();
  const answer = await fetch(`${bff.url}/api/me/events`);
  expect([answer.status, await answer.json()]).toMatchObject([401, { code: 'unauthenticated' }]);
});

test.for<SignedOutReason>(['logout', 'backchannel', 'expired', 'revoked', 'refresh_failed', 'replaced'])(
  'the stream sends the end with the reason %s, and closes',
  async (reason) => {
    await using bff = await startBff();
    const cookie = await cookieOf(bff);
    const stream = await listen(bff, cookie);
    await bff.app.foyer.sessions.end((await sessionOf(bff, cookie)).id, reason);
    expect(await stream.until()).toContain(`event: signed-out\ndata: {"reason":"${reason}"}\n\n`);
  },
);

test('after signing in again in the same browser the stream of the old session says that it was replaced', async () => {
  await using bff = await startBff();
  const { browser } = await signIn(bff);
  const pairs = browser.cookies(bff.url).map(({ name, value }) => `${name}=${value}`);
  const stream = await listen(bff, pairs.join('; '));
  await browser.visit(`${bff.url}/login?prompt=login`, { from: `${bff.url}/` });
  await browser.submit({ button: 'Ada Lovelace' });
  expect(await stream.until()).toContain('{"reason":"replaced"}');
});

test('a limit that comes near is announced, then the session ends by itself', async () => {
  await using bff = await startBff({ sessionIdleTimeout: 1 });
  const stream = await listen(bff, await cookieOf(bff));
  const text = await stream.until();
  const [, expiring] = /event: expiring\ndata: (.*)\n/.exec(text) ?? [];
  expect(JSON.parse(expiring ?? '')).toEqual({
    limit: 'idle',
    expiresAt: expect.stringMatching(/^\d{4}-.*Z$/),
    now: expect.stringMatching(/^\d{4}-.*Z$/),
  });
  expect(text.indexOf('expiring')).toBeLessThan(text.indexOf('signed-out'));
  expect(text).toContain('{"reason":"expired"}');
});

test('a limit that comes near is announced once, however early a timer fires', async () => {
  const clock = { now: Date.now() };
  await using bff = await startBff({ clock: () => clock.now, sessionIdleTimeout: 600 });
  const cookie = await cookieOf(bff);
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  const stream = await listen(bff, cookie);
  await stream.until('retry');
  const pass = async (milliseconds: number): Promise<void> => {
    clock.now += milliseconds;
    await vi.advanceTimersByTimeAsync(milliseconds);
  };
  await pass(540_050);
  await stream.until('expiring');
  await pass(59_900);
  // The clock stands still while the timers go on, as one that is set back does.
  await vi.advanceTimersByTimeAsync(1000);
  await pass(1000);
  const text = await stream.until();
  expect(text.match(/event: .*/g)).toEqual(['event: expiring', 'event: signed-out']);
});

test('after a reader leaves while the session is looked up nothing is kept for it', async () => {
  const clock = { now: Date.now() };
  const memory = await openSessionStore('memory:');
  const looks: (() => void)[] = [];
  let isSlow = false;
  const read: SessionStore['read'] = async (id) => {
    if (isSlow) await new Promise<void>((resolve) => looks.push(resolve));
    return memory.read(id);
  };
  const closed: number[] = [];
  const observe: Observe = (seen) => {
    if (seen.kind === 'stream' && seen.change === -1) closed.push(seen.change);
  };
  const options = { clock: () => clock.now, sessionIdleTimeout: 600, observe };
  await using bff = await startBff({ ...options, sessionStore: { ...memory, read } });
  const cookie = await cookieOf(bff);
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval'] });
  const stream = await listen(bff, cookie);
  await stream.until('retry');
  isSlow = true;
  clock.now += 540_050;
  while (looks.length === 0) await vi.advanceTimersByTimeAsync(100);
  stream.leave();
  while (closed.length === 0) await new Promise((resolve) => setImmediate(resolve));
  for (const look of looks.splice(0)) look();
  clock.now += 59_900;
  await vi.advanceTimersByTimeAsync(59_900);
  expect(looks).toEqual([]);
});

test('a stream does not extend the session', async () => {
  const clock = { now: Date.now() };
  await using bff = await startBff({ clock: () => clock.now, sessionIdleTimeout: 600 });
  const cookie = await cookieOf(bff);
  const before = await sessionOf(bff, cookie);
  clock.now += 300_000;
  const stream = await listen(bff, cookie);
  const after = await sessionOf(bff, cookie);
  expect(after.idleExpiresAt).toBe(before.idleExpiresAt);
  stream.leave();
});

test('a comment every 15 s keeps proxies from closing', async () => {
  await using bff = await startBff();
  const cookie = await cookieOf(bff);
  vi.useFakeTimers({ toFake: ['setInterval'] });
  const stream = await listen(bff, cookie);
  await stream.until('retry');
  vi.advanceTimersByTime(15_000);
  expect(await stream.until('\n: ')).toMatch(/\n: [^\n]+\n\n$/);
  stream.leave();
});

/** The server's end of the connections that ask for events from now on. */
const watchSockets = (): readonly Socket[] => {
  const sockets: Socket[] = [];
  const watch = (message: unknown): void => {
    const { request }: { request?: IncomingMessage } = Object(message);
    if (request?.url === '/api/me/events') sockets.push(request.socket);
  };
  subscribe('http.server.request.start', watch);
  onTestFinished(() => void unsubscribe('http.server.request.start', watch));
  return sockets;
};

test('a reader that reads nothing is dropped at the next heartbeat, and no longer counts', async () => {
  const streams: number[] = [];
  const observe: Observe = (seen) => {
    if (seen.kind === 'stream') streams.push(seen.change);
  };
  await using bff = await startBff({ observe });
  const cookie = await cookieOf(bff);
  vi.useFakeTimers({ toFake: ['setInterval'] });
  const sockets = watchSockets();
  const { host, port } = new URL(bff.url);
  using reader = connectRaw(Number(port));
  reader.send(`GET /api/me/events HTTP/1.1\r\nHost: ${host}\r\nCookie: ${cookie}\r\n\r\n`);
  await expect.poll(reader.received).toContain('retry');
  reader.pause();
  vi.advanceTimersByTime(15_000);
  expect(streams).toEqual([1]);
  // As many heartbeats as the kernel takes for him, and some that it does not.
  sockets[0]?.write(Buffer.alloc(16 * 1024 * 1024, ':\n'));
  vi.advanceTimersByTime(15_000);
  await expect.poll(() => streams).toEqual([1, -1]);
  expect(sockets.map(({ destroyed }) => destroyed)).toEqual([true]);
});

test('the fifth stream of one session is refused, and a place that was left is free again', async () => {
  await using bff = await startBff();
  const cookie = await cookieOf(bff);
  const streams = await Promise.all(Array.from({ length: 4 }, () => listen(bff, cookie)));
  expect(streams.map(({ status }) => status)).toEqual(streams.map(() => 200));
  const refused = await fetch(`${bff.url}/api/me/events`, { headers: { cookie } });
  expect([refused.status, refused.headers.get('retry-after')]).toEqual([429, '30']);
  streams[0]?.leave();
  await expect
    .poll(async () => {
      const next = await listen(bff, cookie);
      next.leave();
      return next.status;
    })
    .toBe(200);
  for (const stream of streams) stream.leave();
});

test('at a shutdown the stream asks the reader to come back soon', async () => {
  const bff = await startBff();
  const stream = await listen(bff, await cookieOf(bff));
  await stream.until('retry');
  const closed = bff[Symbol.asyncDispose]();
  expect(await stream.until()).toMatch(/retry: 1000\n\n$/);
  await closed;
});

test('a shutdown does not wait for connections that were never used', async () => {
  const bff = await startBff();
  const unused = connect(Number(new URL(bff.url).port), '127.0.0.1');
  await once(unused, 'connect');
  const closed = once(unused, 'close');
  await bff[Symbol.asyncDispose]();
  await closed;
  expect(unused.bytesRead).toBe(0);
});
