import { expect, test } from 'vitest';
import type { Session } from '../../src/session/session-record.ts';
import type { StoredSession } from '../../src/stores/session-store.ts';
import { clock, get, idle, makeFile, signIn, standIn, startInstance } from '../kit/start-sessions.ts';

test('a session opened on one instance lives on another and is dead on both once closed', async () => {
  const file = await makeFile();
  const one = await startInstance(file, standIn(idle));
  const two = await startInstance(file, standIn(idle));
  const cookie = await signIn(one);
  expect(await get(two, '/current', cookie)).toBe('Ada L');
  await two.app.inject({ method: 'POST', url: '/close', headers: { cookie } });
  expect(await get(one, '/current', cookie)).toBe('anonymous');
});

test('a changed, cut or doubled cookie is an anonymous visitor', async () => {
  const one = await startInstance(await makeFile(), standIn(idle));
  const cookie = await signIn(one);
  const start = cookie.indexOf('=') + 1;
  for (let at = start; at < cookie.length; at += 1) {
    const other = cookie[at] === 'A' ? 'B' : 'A';
    expect(await get(one, '/current', cookie.slice(0, at) + other + cookie.slice(at + 1))).toBe('anonymous');
  }
  expect(await get(one, '/current', cookie.slice(0, -1))).toBe('anonymous');
  expect(await get(one, '/current', `${cookie}; ${cookie}`)).toBe('anonymous');
});

test('the idle limit moves with use, the absolute limit does not', async () => {
  const one = await startInstance(await makeFile(), standIn(idle));
  const cookie = await signIn(one);
  for (let quarters = 1; quarters < 48; quarters += 1) {
    clock.now += 900_000;
    expect(await get(one, '/current', cookie)).toBe('Ada L');
  }
  clock.now += 900_000;
  expect(await get(one, '/current', cookie)).toBe('anonymous');
});

test('back-channel logout finds a session by sid, and its siblings list it', async () => {
  const one = await startInstance(await makeFile(), standIn(idle));
  const seen: (Session | undefined)[] = [];
  one.app.get('/list', async (request) => {
    const session = await one.sessions.current(request);
    seen.push(session);
    return session === undefined ? [] : one.sessions.list(request, session);
  });
  const cookie = await signIn(one);
  await signIn(one);
  expect(JSON.parse(await get(one, '/list', cookie))).toHaveLength(2);
  const target = {
    issuer: 'https://issuer.example',
    clientId: 'client',
    sub: 'ada',
    sid: 'provider-session',
  };
  expect(await one.sessions.endByProvider(target)).toBe(2);
  expect(await get(one, '/current', cookie)).toBe('anonymous');
});

test('a sign-out by sub or sid reaches no session of another issuer or client', async () => {
  const one = await startInstance(await makeFile(), standIn(idle));
  const cookie = await signIn(one);
  const own = { issuer: 'https://issuer.example', clientId: 'client' };
  for (const other of [
    { ...own, issuer: 'https://other.example' },
    { ...own, clientId: 'other' },
  ])
    for (const named of [{ sub: 'ada' }, { sid: 'provider-session' }])
      expect(await one.sessions.endByProvider({ ...other, ...named })).toBe(0);
  expect(await get(one, '/current', cookie)).toBe('Ada L');
  expect(await one.sessions.endByProvider({ ...own, sub: 'ada' })).toBe(1);
});

test('a record that is kept in memory is served only while the store has the very same', async () => {
  let stored: Partial<StoredSession> = {};
  const one = await startInstance(await makeFile(), standIn(idle), (store) => ({
    ...store,
    read: async (id) => {
      const read = await store.read(id);
      return read && { ...read, ...stored };
    },
  }));
  const found: (Session | undefined)[] = [];
  one.app.get('/find', async (request) => {
    found.push(await one.sessions.current(request));
    return 'found';
  });
  const cookie = await signIn(one);
  await get(one, '/find', cookie);
  const [session] = found;
  if (session === undefined) throw new Error('No session');
  await one.sessions.save(session, { ...session.record, user: { sub: 'ada', name: 'Second' } });
  expect(await get(one, '/current', cookie)).toBe('Second');
  await one.sessions.save(
    { ...session, version: 2 },
    { ...session.record, user: { sub: 'ada', name: 'Third' } },
  );
  // A store that lost its last write, and was written to again.
  stored = { version: 2 };
  expect(await get(one, '/current', cookie)).toBe('Third');
});
