import { expect, test } from 'vitest';
import { startBff } from '../kit/start-bff.ts';

test('readiness that is asked for right after the start waits until the provider is known', async () => {
  await using bff = await startBff();
  const [ready, healthy] = await Promise.all(['/readyz', '/healthz'].map((path) => fetch(bff.url + path)));
  expect([ready?.status, healthy?.status]).toEqual([200, 200]);
  expect(await ready?.json()).toEqual({ status: 'ok' });
});
