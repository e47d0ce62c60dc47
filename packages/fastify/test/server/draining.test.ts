import { once } from 'node:events';
import { expect, test } from 'vitest';
import { startBff } from '../kit/start-bff.ts';

const statusOf = async (url: string): Promise<number> => (await fetch(url)).status;

test('a closing server reports not-ready, and serves requests until the load balancer has turned away', async () => {
  const bff = await startBff({ drainTimeout: 10 });
  expect(await statusOf(`${bff.url}/readyz`)).toBe(200);
  const closed = once(bff.app.server, 'close').then(() => performance.now());
  const end = bff[Symbol.asyncDispose]();
  expect((await fetch(`${bff.url}/api/me`)).status).toBe(200);
  await statusOf(`${bff.url}/readyz`);
  await statusOf(`${bff.url}/readyz`);
  const ready = await fetch(`${bff.url}/readyz`);
  expect([ready.status, await ready.json(), ready.headers.get('cache-control')]).toEqual([
    503,
    { status: 'stopping' },
    'no-store',
  ]);
  const late = await fetch(`${bff.url}/api/me`);
  const last = performance.now();
  expect([late.status, late.headers.get('connection')]).toEqual([200, 'close']);
  expect((await closed) - last).toBeGreaterThanOrEqual(900);
  await end;
});

test('a balancer that never notices is waited for as long as drainTimeout', async () => {
  const bff = await startBff({ drainTimeout: 0.3 });
  await statusOf(`${bff.url}/readyz`);
  const start = performance.now();
  await bff[Symbol.asyncDispose]();
  expect(performance.now() - start).toBeGreaterThanOrEqual(300);
});

test('a server that gets no requests closes at once', async () => {
  const bff = await startBff({ drainTimeout: 60 });
  await statusOf(`${bff.url}/healthz`);
  const start = performance.now();
  await bff[Symbol.asyncDispose]();
  expect(performance.now() - start).toBeLessThan(5000);
});
