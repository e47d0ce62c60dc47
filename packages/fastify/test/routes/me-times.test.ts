import { expect, test } from 'vitest';
import { signIn, startBff } from '../kit/start-bff.ts';

test('every answer has the server’s time to the millisecond', async () => {
  let now = Date.now();
  await using bff = await startBff({ clock: () => now });
  const { browser } = await signIn(bff);
  const start = Math.ceil(now / 1000) * 1000;
  for (const passed of [0, 7, 45, 999, 1000, 1234]) {
    now = start + passed;
    const answer = await browser.fetch(`${bff.url}/api/me`);
    expect(await answer.json()).toMatchObject({ session: { now: new Date(now).toISOString() } });
  }
});

test('limits that are no whole milliseconds are kept to the millisecond', async () => {
  const [sessionIdleTimeout, sessionLifetime, loginTimeout] = [600.0004, 3600.0007, 60.0005];
  await using bff = await startBff({ sessionIdleTimeout, sessionLifetime, loginTimeout });
  const { browser } = await signIn(bff);
  const me = await browser.fetch(`${bff.url}/api/me`);
  expect(await me.json()).toMatchObject({ session: { expiresAt: expect.stringMatching(/\.\d{3}Z$/) } });
});
