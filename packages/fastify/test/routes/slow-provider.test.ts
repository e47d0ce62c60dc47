import { expect, test } from 'vitest';
import { cookieHeader, startBentBff, whoIs } from '../kit/bent-login.ts';

test('a slow provider: the login says so in time, everything else goes on, and the next login works', async () => {
  const kit = await startBentBff({}, { providerTimeout: 2 });
  const first = await kit.begin();
  await kit.comeBack(first);
  const cookie = cookieHeader(first.browser, kit.bff);
  const again = await kit.begin('?prompt=login', first.browser);
  kit.bent.bends = { ...kit.bent.bends, token: () => ({ write: () => undefined }) };
  const start = performance.now();
  let isOver = false;
  const late = kit.comeBack(again).finally(() => {
    isOver = true;
  });
  const me = await fetch(`${kit.bff.url}/api/me`, { headers: { cookie } });
  expect([await me.json(), isOver]).toMatchObject([{ authenticated: true }, false]);
  const { status, headers } = await late;
  // The time limit, and no more than a second and a half beyond it.
  const isInTime = performance.now() - start < 3500;
  expect([status, Number(headers.get('retry-after')) > 0, isInTime]).toEqual([504, true, true]);
  expect(await whoIs(first.browser, kit.bff)).toMatchObject({ authenticated: true });
  kit.bent.bends = { ...kit.bent.bends, token: undefined };
  expect((await kit.comeBack(await kit.begin())).status).toBe(303);
});
