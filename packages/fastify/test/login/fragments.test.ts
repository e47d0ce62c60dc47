import { createBrowser } from '@foyer/testkit';
import { expect, test } from 'vitest';
import { startBentBff } from '../kit/bent-login.ts';

test.for([
  ['/profile?x=1', '/profile?x=1', ''],
  ['/', '/', ''],
  ['/#/notes/7?tab=2', '/', '#/notes/7?tab=2'],
] as const)('a fragment of the callback does not reach %s', async ([returnTo, page, fragment]) => {
  const { bff, bent, begin } = await startBentBff();
  const browser = createBrowser();
  for (const added of ['#_=_', '#', '#access_token=x']) {
    const { state, nonce } = await begin(`?prompt=login&returnTo=${encodeURIComponent(returnTo)}`, browser);
    bent.nonce = nonce;
    const arrived = await browser.visit(`${bff.url}/login/callback?code=c&state=${state}${added}`, {
      from: bent.issuer,
    });
    const { pathname, search, hash } = new URL(arrived.url);
    expect([pathname + search, hash]).toEqual([page, fragment]);
  }
});

test('an absolute return-to of our own origin is kept, and ends at its path', async () => {
  const { bff, begin, comeBack } = await startBentBff();
  const login = await begin(`?returnTo=${encodeURIComponent(`${bff.url}/deep?x=1#part`)}`);
  expect((await comeBack(login)).headers.get('location')).toBe('/deep?x=1#part');
});
