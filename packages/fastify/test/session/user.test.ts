import { expect, test } from 'vitest';
import { createUser } from '../../src/session/user.ts';

test('the browser sees no protocol claim, no token, and nothing that becomes the prototype of a copy', () => {
  const claims: Readonly<Record<string, unknown>> = JSON.parse(
    '{"iss":"x","nonce":"x","sid":"x","access_token":"x","id_token":"x","__proto__":{"isAdmin":true},"name":"Ada"}',
  );
  const copy = Object.assign({}, createUser('ada', claims));
  expect(copy).toEqual({ sub: 'ada', name: 'Ada' });
  expect(copy).not.toHaveProperty('isAdmin');
});
