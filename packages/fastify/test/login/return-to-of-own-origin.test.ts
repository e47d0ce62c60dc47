import { expect, test } from 'vitest';
import { startBentBff } from '../kit/bent-login.ts';

test('an absolute return-to of our own origin is kept, and ends at its path', async () => {
  const { bff, begin, comeBack } = await startBentBff();
  const login = await begin(`?returnTo=${encodeURIComponent(`${bff.url}/deep?x=1#part`)}`);
  expect((await comeBack(login)).headers.get('location')).toBe('/deep?x=1#part');
});
