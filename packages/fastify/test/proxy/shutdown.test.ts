import { connectRaw } from '@foyer/testkit';
import { expect, test } from 'vitest';
import { cookieHeader } from '../kit/bent-login.ts';
import { type RunningBff, signIn, startBff } from '../kit/start-bff.ts';
import { startUpstream } from '../kit/start-upstream.ts';

const open = ({ url }: RunningBff, path: string, cookie: string) => {
  const client = connectRaw(Number(new URL(url).port));
  client.send(`GET /api/a${path} HTTP/1.1\r\nHost: x\r\nCookie: ${cookie}\r\n\r\n`);
  return client;
};

test('a shutdown lets running answers finish, those not yet begun too, and ends streams', async () => {
  const goOn = Promise.withResolvers<void>();
  await using upstream = await startUpstream(async ({ url }, response) => {
    if (url !== '/waiting') {
      const type = url === '/events' ? 'text/event-stream' : 'text/plain';
      response.writeHead(200, { 'content-type': type }).write('first ');
    }
    if (url === '/events') return;
    await goOn.promise;
    response.end('last');
  });
  const bff = await startBff({ apiRoutes: [{ prefix: '/api/a', upstream: upstream.url }] });
  const cookie = cookieHeader((await signIn(bff)).browser, bff);
  using running = open(bff, '/running', cookie);
  using waiting = open(bff, '/waiting', cookie);
  using events = open(bff, '/events', cookie);
  await expect.poll(running.received).toContain('first');
  await expect.poll(events.received).toContain('first');
  await expect.poll(() => upstream.seen.length).toBe(3);
  const closed = bff[Symbol.asyncDispose]();
  await events.closed;
  expect([running.isClosed(), waiting.isClosed()]).toEqual([false, false]);
  goOn.resolve();
  await closed;
  expect(await running.closed).toMatch(/first [\s\S]*last/);
  expect(await waiting.closed).toContain('last');
  await expect.poll(upstream.openConnections).toBe(0);
});
