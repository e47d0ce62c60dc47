import { randomUUID } from 'node:crypto';
import { expect, test } from 'vitest';
import { openMemoryStore } from '../../src/session/stores/memory-store.ts';
import { startBentBff, whoIs } from '../kit/bent-login.ts';

test('a logout token that met a store in trouble may be sent again, and is used up when sessions have ended', async () => {
  const store = openMemoryStore();
  let isInTrouble = false;
  const remove: typeof store.remove = (id) => {
    if (isInTrouble) throw new Error('The disk is full');
    return store.remove(id);
  };
  const { bff, bent, begin, comeBack } = await startBentBff({}, { sessionStore: { ...store, remove } });
  const login = await begin();
  await comeBack(login);
  const { header, claims } = bent.logoutToken();
  const token = bent.sign({ header, claims: { ...claims, sub: 'ada', sid: undefined, jti: randomUUID() } });
  const send = async (): Promise<number> => {
    const body = new URLSearchParams({ logout_token: token });
    return (await fetch(`${bff.url}/logout/backchannel`, { method: 'POST', body })).status;
  };

  isInTrouble = true;
  expect(await send()).toBe(503);
  expect(await whoIs(login.browser, bff)).toMatchObject({ authenticated: true });
  isInTrouble = false;
  expect(await send()).toBe(200);
  expect(await whoIs(login.browser, bff)).toMatchObject({ authenticated: false });
  expect(await send()).toBe(400);
});
