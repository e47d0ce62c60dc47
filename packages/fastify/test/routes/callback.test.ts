import { askRaw, createBrowser } from '@foyer/testkit';
import { expect, test } from 'vitest';
import { type BegunLogin, cookieHeader, startBentBff, whoIs } from '../kit/bent-login.ts';
import { createSessionKey, startBff } from '../kit/start-bff.ts';

const refusals: readonly (readonly [what: string, query: (login: BegunLogin, issuer: string) => string])[] = [
  ['a doubled code', ({ state }) => `code=a&code=b&state=${state}`],
  ['a doubled state', ({ state }) => `code=a&state=${state}&state=${state}`],
  ['a doubled state, encoded otherwise', ({ state }) => `code=a&state=${state}&%73tate=x`],
  ['a doubled iss', ({ state }, issuer) => `code=a&state=${state}&iss=${issuer}&iss=${issuer}`],
  ['both code and error', ({ state }) => `code=a&state=${state}&error=access_denied`],
  ['the iss of another issuer', ({ state }) => `code=a&state=${state}&iss=https://evil.example`],
  ['an iss that differs by a slash', ({ state }, issuer) => `code=a&state=${state}&iss=${issuer}/`],
  ['an empty iss', ({ state }) => `code=a&state=${state}&iss=`],
  ['neither code nor error', ({ state }) => `state=${state}`],
  ['an empty code', ({ state }) => `code=&state=${state}`],
  ['an oversize code', ({ state }) => `code=${'a'.repeat(8193)}&state=${state}`],
  ['a line end in the code', ({ state }) => `code=a%0d%0ax&state=${state}`],
  ['NUL in the code', ({ state }) => `code=a%00&state=${state}`],
  ['a code without a state', () => 'code=a'],
];

test.for(refusals)(
  'a callback with %s is refused: no token request, no change to a session',
  async ([, query]) => {
    const { bff, bent, begin, comeBack } = await startBentBff();
    const first = await begin();
    await comeBack(first);
    const before = await whoIs(first.browser, bff);
    const second = await begin('?prompt=login', first.browser);
    const tokenRequests = bent.count('token');
    const page = await comeBack(second, query(second, bent.issuer));
    expect(page.status).toBe(400);
    expect(bff.log.findLast(({ event }) => event === 'refusal')).toMatchObject({
      code: 'invalid_authorization_response',
    });
    expect(bent.count('token')).toBe(tokenRequests);
    const after = await whoIs(first.browser, bff);
    expect([after.authenticated, after.session?.id]).toEqual([true, before.session?.id]);
  },
);

test('a callback without iss is refused when the provider says that it sends one', async () => {
  const { bent, begin, comeBack } = await startBentBff({
    discovery: (base) => ({ body: { ...base, authorization_response_iss_parameter_supported: true } }),
  });
  expect((await comeBack(await begin())).status).toBe(400);
  expect(bent.count('token')).toBe(0);
  const login = await begin();
  expect((await comeBack(login, `code=a&state=${login.state}&iss=${bent.issuer}`)).status).toBe(303);
});

test('a callback without its pending login makes no token request', async () => {
  const { bff, bent, comeBack } = await startBentBff();
  const page = await comeBack({ browser: createBrowser(), state: 'made-up', nonce: '' });
  expect([page.status, page.headers.getSetCookie(), bent.count('token')]).toEqual([400, [], 0]);
  expect(bff.log.filter(({ level }) => Number(level) >= 50)).toEqual([]);
});

test('a login that another browser began is refused, and stays usable for its own', async () => {
  const { bff, bent, begin, comeBack } = await startBentBff();
  const victim = createBrowser();
  const attack = await begin();
  const page = await comeBack({ ...attack, browser: victim });
  expect([page.status, bent.count('token')]).toEqual([400, 0]);
  expect(await whoIs(victim, bff)).toMatchObject({ authenticated: false });
  expect((await comeBack(attack)).status).toBe(303);
});

test('a callback that failed is used up all the same', async () => {
  const { bent, begin, comeBack } = await startBentBff();
  const login = await begin();
  const cookie = login.browser.cookies(new URL(login.browser.current.url).origin);
  const failed = await comeBack(login, `state=${login.state}&error=access_denied`);
  expect(failed.status).toBe(403);
  expect(failed.headers.getSetCookie()).toEqual([
    expect.stringMatching(/-login-[\w-]+=; Max-Age=0; .*SameSite=Lax$/),
  ]);
  for (const { name, value } of cookie) login.browser.setCookie(failed.url, `${name}=${value}; Path=/`);
  expect((await comeBack(login)).status).toBe(400);
  expect(bent.count('token')).toBe(0);
});

test('the same callback sent many times at once makes one token request, and each gets its outcome', async () => {
  const held = Promise.withResolvers<void>();
  const { bff, bent, begin } = await startBentBff({
    token: (base) => ({
      write: (response) => {
        held.promise.then(() => {
          response.setHeader('content-type', 'application/json').end(JSON.stringify(base));
        }, expect.fail);
      },
    }),
  });
  const { browser, state, nonce } = await begin('?returnTo=/deep');
  bent.nonce = nonce;
  const url = `${bff.url}/login/callback?code=a&state=${state}`;
  const headers = { cookie: cookieHeader(browser, bff) };
  const asked = Array.from({ length: 30 }, () => fetch(url, { headers, redirect: 'manual' }));
  await expect.poll(() => bent.count('token')).toBe(1);
  const stranger = await fetch(url, { redirect: 'manual' });
  expect([stranger.status, stranger.headers.getSetCookie()]).toEqual([400, []]);
  held.resolve();
  const answers = await Promise.all(asked);
  expect(bent.count('token')).toBe(1);
  expect(answers.map((each) => [each.status, each.headers.get('location')])).toEqual(
    Array(30).fill([303, '/deep']),
  );
  const sessions = answers.map((each) =>
    each.headers.getSetCookie().filter((line) => !/-(login-|rounds)/.test(line)),
  );
  expect(sessions).toEqual(Array(30).fill([expect.stringContaining('SameSite=Strict')]));
  expect(new Set(sessions.flat()).size).toBe(1);
});

test('several logins in flight finish in any order, each at its own returnTo', async () => {
  const { begin, comeBack } = await startBentBff();
  const browser = createBrowser();
  const logins: BegunLogin[] = [];
  for (const name of ['a', 'b', 'c', 'd', 'e'])
    logins.push(await begin(`?returnTo=/${name}&prompt=login`, browser));
  const places: (string | null)[] = [];
  for (const index of [2, 0, 4, 1, 3]) {
    const login = logins[index];
    if (login) places.push((await comeBack(login)).headers.get('location'));
  }
  expect(places).toEqual(['/c#', '/a#', '/e#', '/b#', '/d#']);
  expect(browser.cookies().filter(({ name }) => name.includes('-login-'))).toEqual([]);
});

test.for(['returnTo=/a&returnTo=/b', 'returnTo[]=/a', 'returnTo[0]=/a&returnTo[1]=/b', 'returnto=/a'])(
  'a return-to that comes as %s is ignored, and the login ends at home',
  async (query) => {
    const { begin, comeBack } = await startBentBff();
    expect((await comeBack(await begin(`?${query}`))).headers.get('location')).toBe('/#');
  },
);

test('thirty abandoned logins do not grow the cookies, and the last five can be finished', async () => {
  const { bff, begin, comeBack } = await startBentBff();
  const browser = createBrowser();
  const logins: BegunLogin[] = [];
  for (let count = 0; count < 30; count += 1)
    logins.push(await begin(`?returnTo=/${'x'.repeat(count * 30)}`, browser));
  expect(cookieHeader(browser, bff).length).toBeLessThan(8192);
  const statuses: number[] = [];
  for (const login of logins.slice(-6)) statuses.push((await comeBack(login)).status);
  expect(statuses).toEqual([400, 303, 303, 303, 303, 303]);
});

test('of logins that began in one millisecond the first one goes first', async () => {
  const now = Date.now();
  const { begin, comeBack } = await startBentBff({}, { clock: () => now });
  const browser = createBrowser();
  const logins: BegunLogin[] = [];
  for (let count = 0; count < 6; count += 1) logins.push(await begin('', browser));
  const statuses: number[] = [];
  for (const login of logins) statuses.push((await comeBack(login)).status);
  expect(statuses).toEqual([400, 303, 303, 303, 303, 303]);
});

test('signing in as another user ends the first user’s session', async () => {
  const { bff, begin, comeBack, becomes } = await startBentBff();
  const first = await begin();
  await comeBack(first);
  const copy = cookieHeader(first.browser, bff);
  const second = await begin('?prompt=login', first.browser);
  becomes('grace');
  await comeBack(second);
  expect(await whoIs(first.browser, bff)).toMatchObject({ authenticated: true, user: { sub: 'grace' } });
  const dead = await fetch(`${bff.url}/api/me`, { headers: { cookie: copy } });
  expect(await dead.json()).toEqual({ authenticated: false, loginUrl: '/login' });
});

test('of two logins that began together the later ends the session of the earlier', async () => {
  const { bff, bent, begin, comeBack, becomes } = await startBentBff();
  const first = await begin();
  const second = await begin('', first.browser);
  await comeBack(first);
  const headers = { cookie: cookieHeader(first.browser, bff) };
  becomes('grace');
  bent.nonce = second.nonce;
  const answer = await fetch(`${bff.url}/login/callback?code=a&state=${second.state}`, {
    headers,
    redirect: 'manual',
  });
  expect(answer.status).toBe(303);
  const dead = await fetch(`${bff.url}/api/me`, { headers });
  expect(await dead.json()).toEqual({ authenticated: false, loginUrl: '/login' });
});

test('an id brought by the browser is never adopted: the one who planted it gets no session', async () => {
  const { bff, begin, comeBack, becomes } = await startBentBff();
  becomes('mallory');
  const attacker = await begin();
  await comeBack(attacker);
  const planted = attacker.browser.cookies(bff.url)[0];
  const victim = createBrowser();
  victim.setCookie(bff.url, `${planted?.name}=${planted?.value}; Path=/; HttpOnly; SameSite=Strict`);
  becomes('ada');
  await comeBack(await begin('?prompt=login', victim));
  expect(await whoIs(victim, bff)).toMatchObject({ user: { sub: 'ada' } });
  expect(victim.cookies(bff.url)[0]?.value).not.toBe(planted?.value);
  const outside = await fetch(`${bff.url}/api/me`, {
    headers: { cookie: `${planted?.name}=${planted?.value}` },
  });
  expect(JSON.stringify(await outside.json())).not.toContain('ada');
});

test('the redirect URI of the token request is the configured one, whatever Host says', async () => {
  const { bff, bent, begin } = await startBentBff();
  const { browser, state, nonce } = await begin();
  bent.nonce = nonce;
  const { status } = await askRaw(
    Number(new URL(bff.url).port),
    `GET http://evil.example/login/callback?code=a&state=${state} HTTP/1.1\r\nHost: evil.example\r\nX-Forwarded-Host: evil.example\r\nX-Forwarded-Proto: https\r\nCookie: ${cookieHeader(browser, bff)}\r\n\r\n`,
  );
  expect(status).toBe(303);
  const request = bent.seen.find(({ endpoint }) => endpoint === 'token');
  expect(request?.body.get('redirect_uri')).toBe(`${bff.url}/login/callback`);
});

test('POST and HEAD to the callback do nothing, and the login can still be finished', async () => {
  const { bff, bent, begin, comeBack } = await startBentBff();
  const login = await begin();
  const headers = { cookie: cookieHeader(login.browser, bff) };
  for (const method of ['POST', 'HEAD', 'PUT']) {
    const answer = await fetch(`${bff.url}/login/callback?code=a&state=${login.state}`, { method, headers });
    expect([method, answer.status, answer.headers.getSetCookie()]).toEqual([method, 405, []]);
  }
  expect(bent.count('token')).toBe(0);
  expect((await comeBack(login)).status).toBe(303);
});

test('a login older than its limit is refused as expired', async () => {
  let now = Date.now();
  const { bff, bent, begin, comeBack } = await startBentBff({}, { clock: () => now, loginTimeout: 60 });
  const late = await begin();
  now += 60_000;
  expect((await comeBack(late)).status).toBe(400);
  expect(bff.log.findLast(({ event }) => event === 'refusal')).toMatchObject({ code: 'login_expired' });
  expect(bent.count('token')).toBe(0);
});

test.for(['x=1&x=1', 'a%1fb=c', 'error_description=a%0D%0Ab', `session_state=${'x'.repeat(9000)}`])(
  'what else a provider adds changes nothing: %s',
  async (extra) => {
    const { begin, comeBack } = await startBentBff();
    const login = await begin();
    expect((await comeBack(login, `code=a&state=${login.state}&${extra}`)).status).toBe(303);
  },
);

test.for<[string, number, string]>([
  ['login_required', 401, 'login_required'],
  ['interaction_required', 401, 'login_required'],
  ['consent_required', 401, 'login_required'],
  ['account_selection_required', 401, 'login_required'],
  ['access_denied', 403, 'access_denied'],
  ['temporarily_unavailable', 503, 'provider_unavailable'],
  ['server_error', 502, 'provider_error'],
  ['invalid_scope', 502, 'provider_error'],
  ['AADB2C90118', 502, 'provider_error'],
])(
  'a callback with the error %s is answered %i as %s, and quietly with prompt=none where it wants the person',
  async ([error, status, code]) => {
    const { bff, begin, comeBack } = await startBentBff();
    const login = await begin();
    expect((await comeBack(login, `state=${login.state}&error=${error}`)).status).toBe(status);
    expect(bff.log.findLast(({ event }) => event === 'refusal')).toMatchObject({
      code,
      reason: expect.stringContaining(`answered ${error}`),
    });
    const silent = await begin('?prompt=none&returnTo=/profile');
    const back = await comeBack(silent, `state=${silent.state}&error=${error}`);
    expect(back.status).toBe(code === 'login_required' ? 303 : status);
  },
);

test('line ends in error_description: a refusal is shown, prompt=none returns without an error', async () => {
  const { bff, begin, comeBack } = await startBentBff();
  const refused = await begin();
  const description = 'error_description=AADSTS65004%0D%0ATrace+ID%3a+1';
  const page = await comeBack(refused, `state=${refused.state}&error=access_denied&${description}`);
  expect(page.status).toBe(403);
  expect(page.text).not.toContain('AADSTS');
  expect(bff.log.findLast(({ event }) => event === 'refusal')).toMatchObject({
    reason: 'the authorization endpoint answered access_denied (AADSTS65004 Trace ID: 1)',
  });
  const silent = await begin('?prompt=none&returnTo=/profile');
  const back = await comeBack(silent, `state=${silent.state}&error=login_required&${description}`);
  expect([back.status, back.headers.get('location')]).toEqual([303, '/profile#']);
  expect(bff.log.findLast(({ event }) => event === 'login_not_silent')).toMatchObject({
    reason: 'the authorization endpoint answered login_required (AADSTS65004 Trace ID: 1)',
  });
});

test('an empty error is ignored, but a doubled parameter is refused', async () => {
  const { begin, comeBack } = await startBentBff();
  const login = await begin('?returnTo=/profile');
  const back = await comeBack(login, `state=${login.state}&code=a&error=&error_description=`);
  expect([back.status, back.headers.get('location')]).toEqual([303, '/profile#']);
  const other = await begin();
  expect((await comeBack(other, `state=${other.state}&code=a&code=`)).status).toBe(400);
});

test('a login left open overnight took too long, and "Try again" keeps the deep link', async () => {
  let now = Date.now();
  const { bff, begin, comeBack } = await startBentBff({}, { clock: () => now });
  const login = await begin('?returnTo=/orders%3Fpage%3D2');
  now += 12 * 3_600_000;
  const page = await comeBack(login);
  expect(page.status).toBe(400);
  expect(bff.log.findLast(({ event }) => event === 'refusal')).toMatchObject({ code: 'login_expired' });
  expect(page.text).toContain('href="/login?returnTo=%2Forders%3Fpage%3D2"');
});

test('after a refusal "Try again" keeps the deep link', async () => {
  const { begin, comeBack } = await startBentBff();
  const login = await begin('?returnTo=/orders');
  const page = await comeBack(login, `state=${login.state}&error=access_denied`);
  expect(page.text).toContain('href="/login?returnTo=%2Forders"');
});

test('a pending login of another client does not count, though the keys are the same', async () => {
  const sessionKeys = [createSessionKey()];
  const one = await startBentBff({}, { sessionKeys });
  const login = await one.begin();
  const other = await startBff({
    issuer: one.bent.issuer,
    clientId: 'another-client',
    clientSecret: 'a secret of that client',
    sessionKeys,
    publicUrl: one.bff.url,
    rateLimitLogin: 0,
  });
  const answer = await other.app.inject({
    url: `/login/callback?code=a&state=${login.state}`,
    headers: { cookie: cookieHeader(login.browser, one.bff) },
  });
  expect([answer.statusCode, answer.json().code]).toEqual([400, 'login_not_started']);
  expect(one.bent.count('token')).toBe(0);
  await other[Symbol.asyncDispose]();
});

test('the operator’s max_age is enforced at the callback, whatever the link asks', async () => {
  const given = { authorizationParams: { max_age: '60', prompt: 'login', acr_values: 'high' } };
  const { bff, begin, comeBack } = await startBentBff({}, given);
  const browser = createBrowser();
  const page = await browser.visitWithoutFollowing(
    `${bff.url}/login?prompt=none&max_age=999999999&acr_values=low`,
    { from: `${bff.url}/` },
  );
  const asked = new URL(page.headers.get('location') ?? '').searchParams;
  expect([asked.get('prompt'), asked.get('max_age'), asked.get('acr_values')]).toEqual([
    'login',
    '60',
    'high',
  ]);
  expect((await comeBack(await begin())).status).toBe(502);
});

test('nothing that the provider or a stranger puts into the callback is repeated or followed', async () => {
  const { begin, comeBack } = await startBentBff();
  const login = await begin();
  const canary = 'canary-1f2e';
  const page = await comeBack(
    login,
    `state=${login.state}&error=${canary}&error_description=%3Cb%3E${canary}&error_uri=https://${canary}.example&returnTo=https://${canary}.example`,
  );
  expect(page.status).toBe(502);
  expect(page.text + JSON.stringify([...page.headers])).not.toContain(canary);
});
