import { randomUUID } from 'node:crypto';
import { expect, test } from 'vitest';
import { openMemoryStore } from '../../src/stores/sqlite/sqlite-store.ts';
import { type BentBff, startBentBff, whoIs } from '../kit/bent-login.ts';
import { holdInsert } from '../kit/hold-insert.ts';

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

/** Signs ada in, in a browser of her own, with a session at the provider. */
const signInAs = async (kit: BentBff, sid: string) => {
  kit.bent.bends = {
    ...kit.bent.bends,
    idToken: ({ header, claims }) => ({ header, claims: { ...claims, sub: 'ada', sid } }),
  };
  const login = await kit.begin();
  await kit.comeBack(login);
  return async () => (await whoIs(login.browser, kit.bff)).authenticated;
};

const sendToken = async (
  { bff, bent }: BentBff,
  claims: Readonly<Record<string, unknown>>,
  headers: Readonly<Record<string, string>> = {},
): Promise<Response> => {
  const base = bent.logoutToken();
  const token = bent.sign({ ...base, claims: { ...base.claims, jti: randomUUID(), ...claims } });
  const body = new URLSearchParams({ logout_token: token });
  return fetch(`${bff.url}/logout/backchannel`, { method: 'POST', body, headers });
};

test.for([
  ['sid alone ends that session', { sub: undefined, sid: 'one' }, [false, true]],
  ['sub alone ends all sessions of the subject', { sub: 'ada', sid: undefined }, [false, false]],
  ['both end that session', { sub: 'ada', sid: 'two' }, [true, false]],
  ['an unknown sid is no error', { sub: undefined, sid: 'unknown' }, [true, true]],
  ['an unknown sub is no error', { sub: 'unknown', sid: undefined }, [true, true]],
] as const)('%s', async ([, claims, expected]) => {
  const kit = await startBentBff();
  const [one, two] = [await signInAs(kit, 'one'), await signInAs(kit, 'two')];
  const answer = await sendToken(kit, claims);
  expect([answer.status, answer.headers.get('cache-control'), await answer.text()]).toEqual([
    200,
    'no-store',
    '',
  ]);
  expect([await one(), await two()]).toEqual(expected);
});

test('the log names the person of a logout token, and the address that a refused one came from', async () => {
  const kit = await startBentBff({}, { logSubject: 'plain' });
  await sendToken(kit, { sub: 'ada', sid: undefined });
  expect((await sendToken(kit, { sub: 'ada', nonce: 'x' })).status).toBe(400);
  const lines = kit.bff.log.filter(({ event }) => String(event).startsWith('backchannel'));
  const address = expect.stringMatching(/1$/);
  expect(lines).toEqual([
    expect.objectContaining({ event: 'backchannel', subject: 'ada', address }),
    expect.objectContaining({ event: 'backchannel_refused', address }),
  ]);
});

test('a provider is no browser: no cross-site rule, and no CORS even for an allowed origin', async () => {
  const origin = 'http://spa.localhost:5173';
  const kit = await startBentBff({}, { allowedOrigins: [origin] });
  const one = await signInAs(kit, 'one');
  const headers = { origin, 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'cors' };
  const answer = await sendToken(kit, { sub: undefined, sid: 'one' }, headers);
  expect([answer.status, await one()]).toEqual([200, false]);
  const preflight = await kit.bff.app.inject({
    method: 'OPTIONS',
    url: '/logout/backchannel',
    headers: { origin, 'access-control-request-method': 'POST' },
  });
  const names = [...answer.headers.keys(), ...Object.keys(preflight.headers)];
  expect([preflight.statusCode, names.filter((name) => name.startsWith('access-control-'))]).toEqual([
    405,
    [],
  ]);
});

test.for([
  ['its sub', { sub: 'ada', sid: undefined }],
  ['its sid', { sub: undefined, sid: 'one' }],
] as const)('a logout token of %s that comes while a login is being finished wins', async ([, claims]) => {
  const { sessionStore, isInserting, letInsert } = holdInsert();
  const kit = await startBentBff({}, { sessionStore });
  const finished = signInAs(kit, 'one');
  await isInserting;
  expect((await sendToken(kit, claims)).status).toBe(200);
  letInsert();
  expect(await (await finished)()).toBe(false);
});

test('good logout tokens are never refused for their number, bad ones are', async () => {
  const kit = await startBentBff({}, { rateLimitLogin: 2 });
  for (let count = 0; count < 5; count += 1) expect((await sendToken(kit, { sub: 'x' })).status).toBe(200);
  const statuses: number[] = [];
  for (let count = 0; count < 3; count += 1) statuses.push((await sendToken(kit, { aud: 'x' })).status);
  expect(statuses).toEqual([400, 400, 429]);
  expect((await sendToken(kit, { sub: 'x' })).status).toBe(200);
});
