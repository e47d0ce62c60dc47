import { once } from 'node:events';
import type { Socket } from 'node:net';
import { connectRaw } from '@foyer/testkit';
import { expect, onTestFinished, test, vi } from 'vitest';
import { openSessionStore, type SessionStore } from '../../src/index.ts';
import { cookieHeader } from '../kit/bent-login.ts';
import { type RunningBff, signIn, startBff } from '../kit/start-bff.ts';
import { startUpstream } from '../kit/start-upstream.ts';

interface SlowStore extends SessionStore {
  /** Lets reads wait until the function that it returns is called. */
  readonly hold: () => () => void;
  readonly waiting: () => number;
}

const openSlowStore = async (): Promise<SlowStore> => {
  const store = await openSessionStore('memory:');
  let gate = Promise.resolve();
  let waiting = 0;
  const afterGate = async <T>(read: () => T): Promise<Awaited<T>> => {
    waiting += 1;
    await gate;
    waiting -= 1;
    return await read();
  };
  return {
    ...store,
    read: (id) => afterGate(() => store.read(id)),
    hold: () => {
      const { promise, resolve } = Promise.withResolvers<void>();
      gate = promise;
      return resolve;
    },
    waiting: () => waiting,
  };
};

const often = { interval: 2 };

/** Sends `request` and leaves before the store has said whose session it is. */
const askAndLeave = async (bff: RunningBff, store: SlowStore, request: string): Promise<void> => {
  const letGo = store.hold();
  const connected = once(bff.app.server, 'connection');
  {
    using connection = connectRaw(Number(new URL(bff.url).port));
    connection.send(request);
    await vi.waitFor(() => expect(store.waiting()).toBe(1), often);
  }
  const [socket]: Socket[] = await connected;
  if (socket?.closed === false) await once(socket, 'close');
  letGo();
  await vi.waitFor(() => expect(store.waiting()).toBe(0), often);
};

const startSlowly = async (): Promise<{
  bff: RunningBff;
  store: SlowStore;
  head: string;
  asked: () => number;
}> => {
  const upstream = await startUpstream((_request, response) => response.end('here'));
  const store = await openSlowStore();
  const apiRoutes = [{ prefix: '/api/data', upstream: upstream.url }];
  const bff = await startBff({ sessionStore: store, apiRoutes });
  onTestFinished(async () => {
    await bff[Symbol.asyncDispose]();
    await upstream[Symbol.asyncDispose]();
  });
  const { browser } = await signIn(bff);
  const head = `HTTP/1.1\r\nHost: ${new URL(bff.url).host}\r\nCookie: ${cookieHeader(browser, bff)}\r\n`;
  return { bff, store, head, asked: () => upstream.seen.length };
};

test('for a browser that left while its session was read no API is asked', async () => {
  const { bff, store, head, asked } = await startSlowly();
  await askAndLeave(bff, store, `GET /api/data ${head}\r\n`);
  await expect.poll(() => bff.log.filter(({ event }) => event === 'client_gone')).toHaveLength(1);
  expect(asked()).toBe(0);
});

test('an event stream whose reader left while its session was read no longer counts', async () => {
  const { bff, store, head } = await startSlowly();
  for (let count = 0; count < 4; count += 1) await askAndLeave(bff, store, `GET /api/me/events ${head}\r\n`);
  using connection = connectRaw(Number(new URL(bff.url).port));
  connection.send(`GET /api/me/events ${head}\r\n`);
  await expect.poll(() => connection.received()).toMatch(/^HTTP\/1\.1 200 /);
});
