import { randomUUID } from 'node:crypto';
import { expect, test } from 'vitest';
import { type BentBff, cookieHeader, startBentBff, whoIs } from '../kit/bent-login.ts';

const signIn = async (kit: BentBff) => {
  const login = await kit.begin();
  await kit.comeBack(login);
  await login.browser.visitWithoutFollowing(kit.bff.url);
  return login.browser;
};

const signOut = async ({ bff }: BentBff, cookie: string): Promise<string> => {
  const headers = { cookie, 'x-csrf': '1', accept: 'application/json' };
  const { status, json } = await bff.app
    .inject({ method: 'POST', url: '/logout', headers })
    .then((answer) => ({ status: answer.statusCode, json: answer.json() }));
  expect(status).toBe(200);
  return json.redirectTo;
};

test('without an end-session endpoint a person is signed out here, and stays here', async () => {
  const kit = await startBentBff();
  const browser = await signIn(kit);
  expect(await signOut(kit, cookieHeader(browser, kit.bff))).toBe('/');
  expect(await whoIs(browser, kit.bff)).toMatchObject({ authenticated: false });
});

test.for([
  ['that has expired is a hint all the same', {}, true],
  ['above 4 kB is left out', { much: 'x'.repeat(4096) }, false],
  ['too long for an answer whose head stays below 4 kB is left out', { much: 'x'.repeat(2000) }, false],
] as const)('an ID token %s, and the person is signed out', async ([, claims, isHint]) => {
  let now = Date.now();
  const kit = await startBentBff(
    {
      discovery: (base) => ({ body: { ...base, end_session_endpoint: `${base.issuer}/end` } }),
      idToken: (base) => ({ header: base.header, claims: { ...base.claims, ...claims } }),
    },
    { clock: () => now },
  );
  const browser = await signIn(kit);
  now += 1_000_000;
  const target = new URL(await signOut(kit, cookieHeader(browser, kit.bff)));
  expect([target.origin, target.searchParams.has('id_token_hint')]).toEqual([kit.bent.issuer, isHint]);
  expect(await whoIs(browser, kit.bff)).toMatchObject({ authenticated: false });
});

test('no GET signs anyone out: a prefetch, an image, a frame or a link, from here or elsewhere', async () => {
  const kit = await startBentBff();
  const browser = await signIn(kit);
  const cookie = cookieHeader(browser, kit.bff);
  for (const method of ['GET', 'HEAD'] as const)
    for (const site of ['same-origin', 'same-site', 'cross-site', 'none'])
      for (const destination of ['document', 'image', 'iframe', 'script', 'empty']) {
        const fetched = { 'sec-fetch-site': site, 'sec-fetch-dest': destination, 'sec-purpose': 'prefetch' };
        const answer = await kit.bff.app.inject({ method, url: '/logout', headers: { cookie, ...fetched } });
        expect([answer.statusCode < 400, answer.headers['set-cookie']]).toEqual([true, undefined]);
      }
  expect(await whoIs(browser, kit.bff)).toMatchObject({ authenticated: true });
});

const form = 'application/x-www-form-urlencoded';

test('the page that asks lets its form send a referrer; every other answer forbids it', async () => {
  const kit = await startBentBff();
  const cookie = cookieHeader(await signIn(kit), kit.bff);
  const policyOf = async (path: string, init: RequestInit = {}): Promise<string | null> =>
    (await fetch(`${kit.bff.url}${path}`, { redirect: 'manual', ...init })).headers.get('referrer-policy');
  expect(await policyOf('/logout', { headers: { cookie } })).toBe('same-origin');
  expect(await policyOf('/logout')).toBe('no-referrer');
  expect(await policyOf('/logout', { method: 'POST', headers: { cookie, 'x-csrf': '1' } })).toBe(
    'no-referrer',
  );
  expect(await policyOf('/api/me', { headers: { cookie } })).toBe('no-referrer');
});

test('a logout token in a body of another type, twice, nowhere or too large is refused', async () => {
  const kit = await startBentBff({
    idToken: ({ header, claims }) => ({ header, claims: { ...claims, sid: 'session-1' } }),
  });
  const browser = await signIn(kit);
  const token = kit.bent.sign(kit.bent.logoutToken());
  const bodies: readonly (readonly [type: string, payload: string, status: number])[] = [
    ['application/json', JSON.stringify({ logout_token: token }), 400],
    ['text/plain', `logout_token=${token}`, 400],
    ['multipart/form-data; boundary=x', `--x\r\n\r\nlogout_token=${token}\r\n--x--`, 400],
    [form, `logout_token=${token}&logout_token=${token}`, 400],
    [form, `token=${token}`, 400],
    [form, '', 400],
    [form, `logout_token=${token}&x=${'x'.repeat(65_536)}`, 413],
  ];
  for (const [type, payload, status] of bodies) {
    const headers = { 'content-type': type };
    const answer = await kit.bff.app.inject({ method: 'POST', url: '/logout/backchannel', headers, payload });
    expect([type, answer.statusCode, answer.headers['cache-control']]).toEqual([type, status, 'no-store']);
  }
  expect(await whoIs(browser, kit.bff)).toMatchObject({ authenticated: true });
});

test('a logout token ends the sessions of its time, and a replay ends no later one', async () => {
  const kit = await startBentBff();
  const first = await signIn(kit);
  const { header, claims } = kit.bent.logoutToken();
  const token = kit.bent.sign({ header, claims: { ...claims, sid: undefined, jti: randomUUID() } });
  const send = async () => {
    const body = new URLSearchParams({ logout_token: token });
    const answer = await fetch(`${kit.bff.url}/logout/backchannel`, { method: 'POST', body });
    return [answer.status, answer.status === 200 ? '' : JSON.parse(await answer.text()).error];
  };
  expect(await send()).toEqual([200, '']);
  expect(await whoIs(first, kit.bff)).toMatchObject({ authenticated: false });
  const second = await signIn(kit);
  expect(await send()).toEqual([400, 'invalid_request']);
  expect(await whoIs(second, kit.bff)).toMatchObject({ authenticated: true });
});
