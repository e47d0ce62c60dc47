import { createBrowser, type TestBrowser } from '@foyer/testkit';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { BffOptions } from '../../src/index.ts';
import { cookieHeader, startBentBff } from '../kit/bent-login.ts';
import { type RunningBff, signIn, startBff } from '../kit/start-bff.ts';
import type { Json } from '../provider/bent-provider.ts';

const trusted = { trustProxy: ['127.0.0.1', '::1'] };

/** What a proxy in front adds to the headers of the browser. */
const forwarded = (url: string, uri: string, method = 'GET'): Record<string, string> => ({
  'x-forwarded-for': '203.0.113.7',
  'x-forwarded-method': method,
  'x-forwarded-proto': new URL(url).protocol.slice(0, -1),
  'x-forwarded-host': new URL(url).host,
  'x-forwarded-uri': uri,
});

const navigation = { accept: 'text/html', 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'document' };
/** What no program sends, empty. */
const program = { accept: '*/*', 'sec-fetch-mode': 'cors', 'sec-fetch-dest': 'empty' };
const fromHere = { ...navigation, 'sec-fetch-site': 'same-origin' };
/** A proxy that asks about a request of a script, and removes what a script cannot. */
const fromServer = (url: string): Record<string, string> => ({
  ...{ 'sec-fetch-dest': '', 'sec-fetch-site': 'same-origin' },
  ...forwarded(url, '/x'),
});
const fromElsewhere = { ...navigation, 'sec-fetch-site': 'cross-site' };

const cookieOf = (browser: TestBrowser, url: string): { readonly cookie: string } => ({
  cookie: browser
    .cookies(url)
    .map(({ name, value }) => `${name}=${value}`)
    .join('; '),
});

const startGated = (given: Partial<BffOptions> = {}, isTrusted = true): Promise<RunningBff> =>
  startBff({ gate: 'on', ...given }, isTrusted ? trusted : {});

/** Not `fetch`, which overwrites `Sec-Fetch-Mode`. */
const ask = async (url: string, headers: Record<string, string>, method = 'GET'): Promise<Response> => {
  const page = await createBrowser().visitWithoutFollowing(url, {
    method,
    headers: { ...program, ...headers },
  });
  return new Response(page.status === 200 ? null : page.text, page);
};

const codeOf = async (answer: Response): Promise<unknown> => {
  const text = await answer.text();
  const body: unknown = text.startsWith('{')
    ? JSON.parse(text)
    : { code: /from another site/.test(text) && 'cross_site_request' };
  return typeof body === 'object' && body !== null && 'code' in body ? body.code : undefined;
};

describe('a gate', () => {
  let gated: RunningBff;
  let signedIn: { readonly cookie: string };

  beforeAll(async () => {
    gated = await startGated();
    const { browser } = await signIn(gated);
    signedIn = cookieOf(browser, gated.url);
  });

  afterAll(async () => gated[Symbol.asyncDispose]());

  test('says who is signed in, in percent-encoded UTF-8, and sets no cookie', async () => {
    const answer = await ask(`${gated.url}/gate`, signedIn);
    expect([answer.status, await answer.text()]).toEqual([200, '']);
    expect(Object.fromEntries(answer.headers)).toMatchObject({
      'x-auth-subject': 'ada',
      'x-auth-name': 'Ada%20Lovelace',
      'x-auth-email': expect.stringMatching(/^ada@/),
      'x-auth-groups': 'editors,mathematicians',
      'cache-control': 'no-store',
    });
    expect(answer.headers.getSetCookie()).toEqual([]);
    expect(answer.headers.has('authorization')).toBe(false);
  });

  test('writes a name beyond ASCII in percent-encoding, and no email that is not verified', async () => {
    const browser = createBrowser();
    await browser.visit(`${gated.url}/login`, { from: `${gated.url}/` });
    await browser.submit({ button: 'José Núñez' });
    const { headers } = await ask(`${gated.url}/gate`, cookieOf(browser, gated.url));
    const named = ['subject', 'name', 'groups', 'email'].map((name) => headers.get(`x-auth-${name}`));
    expect(named).toEqual(['jose', 'Jos%C3%A9%20N%C3%BA%C3%B1ez', 'editors', null]);
  });

  test('refuses who is not signed in as a problem', async () => {
    const answer = await ask(`${gated.url}/gate`, {});
    expect([answer.status, await codeOf(answer)]).toEqual([401, 'unauthenticated']);
    const redirecting = await ask(`${gated.url}/gate?redirect=true`, forwarded(gated.url, '/x'));
    expect([redirecting.status, await codeOf(redirecting)]).toEqual([401, 'unauthenticated']);
  });

  test('sends a navigation to the sign-in and back to the original address', async () => {
    const headers = { ...fromHere, ...forwarded(gated.url, '/docs/page.html?x=1') };
    const answer = await ask(`${gated.url}/gate?redirect=true`, headers);
    const returnTo = encodeURIComponent('/docs/page.html?x=1');
    expect([answer.status, answer.headers.get('location')]).toEqual([
      303,
      `${gated.url}/login?returnTo=${returnTo}`,
    ]);
  });

  test('lets a page of ours continue where the browser withholds the Strict cookie', async () => {
    const headers = { ...fromElsewhere, ...signedIn, ...forwarded(gated.url, '/docs/?a=1&b=2') };
    const answer = await ask(`${gated.url}/gate?redirect=true`, headers);
    const login = `${gated.url}/login?returnTo=${encodeURIComponent('/docs/?a=1&b=2')}`;
    expect([answer.status, await answer.text()]).toEqual([
      401,
      expect.stringContaining(`<meta http-equiv="refresh" content="0;url=${login}">`),
    ]);
  });

  test.for([
    ['another host', { 'x-forwarded-host': 'evil.example' }],
    ['another scheme', { 'x-forwarded-proto': 'ftp' }],
    ['user and password in the host', { 'x-forwarded-host': 'localhost@evil.example' }],
    ['an address that is no path', { 'x-forwarded-uri': '@evil.example/' }],
    ['a method that cannot be repeated', { 'x-forwarded-method': 'POST' }],
  ] as const)('redirects nowhere for %s', async ([, changed]) => {
    const headers = { ...fromHere, ...forwarded(gated.url, '/x'), ...changed };
    const answer = await ask(`${gated.url}/gate?redirect=true`, headers);
    expect([answer.status, answer.headers.get('location')]).toEqual([401, null]);
  });

  test('keeps an address that hides another host on our own', async () => {
    const headers = { ...fromHere, ...forwarded(gated.url, '//evil.example/x') };
    const answer = await ask(`${gated.url}/gate?redirect=true`, headers);
    expect(answer.headers.get('location')).toBe(`${gated.url}/login?returnTo=%2F`);
  });

  test('gives a token to a server that forwards a request, and to no one else', async () => {
    for (const given of [{ ...fromHere, ...forwarded(gated.url, '/x') }, fromServer(gated.url)]) {
      const asServer = await ask(`${gated.url}/gate?token=true`, { ...signedIn, ...given });
      expect([asServer.status, asServer.headers.get('authorization')]).toEqual([
        200,
        expect.stringMatching(/^Bearer \S{20,}$/),
      ]);
    }
    const asBrowser = await ask(`${gated.url}/gate?token=true`, signedIn);
    expect([asBrowser.status, asBrowser.headers.has('authorization')]).toEqual([403, false]);
  });

  test.for([
    [
      'a script that forges what a proxy forwards',
      '/gate',
      { ...program, 'sec-fetch-site': 'same-origin' },
      '/x',
    ],
    ['a navigation that a service worker fetches', '/gate', fromHere, '/gate?token=true'],
    ['the same under another spelling', '/%67ate', fromHere, '/%67ate?token=true'],
  ] as const)(
    'gives no token to %s, where a trusted proxy passes /gate on',
    async ([, path, headers, uri]) => {
      const given = { ...signedIn, ...headers, ...forwarded(gated.url, uri) };
      const answer = await ask(`${gated.url}${path}?token=true`, given);
      expect([answer.status, answer.headers.has('authorization')]).toEqual([403, false]);
    },
  );

  test.for(['redirct=true', 'redirect=yes', 'token=true&token=false', 'require=', 'require={"claim":{}}'])(
    'refuses %s: a misspelt question opens nothing',
    async (query) => {
      const answer = await ask(`${gated.url}/gate?${query}`, signedIn);
      expect([answer.status, await codeOf(answer)]).toEqual([400, 'bad_request']);
    },
  );

  test.for([
    [{ claims: { sub: 'ada' } }, 200, undefined],
    [{ claims: { sub: ['bob', 'ada'] } }, 200, undefined],
    [{ claims: { groups: 'mathematicians' }, scope: 'openid email', maxAge: '10m' }, 200, undefined],
    [{ claims: { groups: 'admin' } }, 403, 'forbidden'],
    [{ scope: 'users:write' }, 403, 'forbidden'],
    [{ acr: 'urn:mfa' }, 401, 'step_up_required'],
  ] as const)('lets pass what meets %j alone', async ([require, status, code]) => {
    const query = new URLSearchParams({ require: JSON.stringify(require) });
    const answer = await ask(`${gated.url}/gate?${query}`, signedIn);
    expect([answer.status, answer.status === 200 ? undefined : await codeOf(answer)]).toEqual([status, code]);
  });

  test('sends a navigation to a stronger sign-in that is required', async () => {
    const query = new URLSearchParams({ redirect: 'true', require: JSON.stringify({ acr: 'urn:mfa' }) });
    const headers = { ...fromHere, ...signedIn, ...forwarded(gated.url, '/x') };
    const answer = await ask(`${gated.url}/gate?${query}`, headers);
    const location = new URL(answer.headers.get('location') ?? '', gated.url);
    expect([answer.status, location.pathname, Object.fromEntries(location.searchParams)]).toEqual([
      303,
      '/login',
      { acr_values: 'urn:mfa', returnTo: '/x' },
    ]);
  });

  test.for([
    ['an image of another site', 'GET', { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'no-cors' }],
    ['a script of a sibling host', 'GET', { 'sec-fetch-site': 'same-site', 'sec-fetch-mode': 'no-cors' }],
    ['a form of another site', 'POST', { ...fromElsewhere, accept: '*/*', origin: 'https://evil.example' }],
    ['a form of an old browser', 'POST', { origin: 'https://evil.example' }],
  ] as const)('lets %s have nothing', async ([, method, headers]) => {
    const given = { ...signedIn, ...headers, ...forwarded(gated.url, '/x', method) };
    const answer = await ask(`${gated.url}/gate`, given);
    expect([answer.status, await codeOf(answer)]).toEqual([403, 'cross_site_request']);
  });

  test('answers Envoy, which appends the address and keeps the method, whatever the query says', async () => {
    const [, ...rest] = Object.entries(forwarded(gated.url, ''));
    const headers = { 'x-forwarded-for': '203.0.113.7', ...Object.fromEntries(rest.slice(1, 3)) };
    const passed = await ask(`${gated.url}/gate/notes?token=true&x=1`, { ...headers, ...signedIn });
    expect([passed.status, passed.headers.has('authorization')]).toEqual([200, false]);
    const posted = await ask(
      `${gated.url}/gate/notes`,
      { ...headers, ...signedIn, origin: gated.url, 'sec-fetch-site': 'same-origin' },
      'POST',
    );
    expect(posted.status).toBe(200);
    const sent = await ask(`${gated.url}/gate/notes?x=1`, { ...headers, ...fromHere });
    expect(sent.headers.get('location')).toBe(`${gated.url}/login?returnTo=%2Fnotes%3Fx%3D1`);
  });

  test('knows GET and HEAD alone', async () => {
    const answer = await ask(`${gated.url}/gate`, { ...signedIn, 'x-csrf': '1' }, 'POST');
    expect([answer.status, answer.headers.get('allow')]).toEqual([405, 'GET, HEAD']);
    expect((await ask(`${gated.url}/gate`, signedIn, 'HEAD')).status).toBe(200);
  });
});

test('a gate believes no X-Forwarded header of an address that is not trusted, and says so', async () => {
  await using gated = await startGated({}, false);
  const headers = { ...fromHere, ...forwarded(gated.url, '/x') };
  const answer = await ask(`${gated.url}/gate?redirect=true`, headers);
  expect([answer.status, answer.headers.get('location')]).toEqual([401, null]);
  expect(gated.log.filter(({ event }) => event === 'gate_not_trusted')).toHaveLength(1);
  const { browser } = await signIn(gated);
  const signedIn = { ...cookieOf(browser, gated.url), ...forwarded(gated.url, '/x') };
  expect((await ask(`${gated.url}/gate?token=true`, signedIn)).status).toBe(403);
});

test('a gate sends people of an allowed origin back to it when it is the same host', async () => {
  await using gated = await startGated({
    allowedOrigins: ['https://localhost:8443', 'https://other.example'],
  });
  const sentTo = async (host: string): Promise<string | null> => {
    const given = { ...fromHere, ...forwarded(gated.url, '/x'), 'x-forwarded-proto': 'https' };
    const answer = await ask(`${gated.url}/gate?redirect=true`, { ...given, 'x-forwarded-host': host });
    return answer.headers.get('location');
  };
  const returnTo = encodeURIComponent('https://localhost:8443/x');
  expect(await sentTo('localhost:8443')).toBe(`${gated.url}/login?returnTo=${returnTo}`);
  expect(await sentTo('other.example')).toBeNull();
});

test('without GATE there is no gate', async () => {
  await using open = await startBff({}, trusted);
  for (const path of ['/gate', '/gate/x', '/oauth2/auth'])
    expect((await ask(`${open.url}${path}`, {})).status).toBe(404);
});

describe('the paths of oauth2-proxy', () => {
  let gated: RunningBff;
  let signedIn: { readonly cookie: string };

  beforeAll(async () => {
    gated = await startGated({ gate: 'oauth2-proxy' });
    const { browser } = await signIn(gated);
    signedIn = cookieOf(browser, gated.url);
  });

  afterAll(async () => gated[Symbol.asyncDispose]());

  test('/oauth2/auth answers 202 with who is signed in, or 401', async () => {
    const answer = await ask(`${gated.url}/oauth2/auth`, signedIn);
    expect([answer.status, Object.fromEntries(answer.headers)]).toMatchObject([
      202,
      { 'x-auth-request-user': 'ada', 'x-auth-request-email': expect.stringMatching(/^ada@/) },
    ]);
    expect((await ask(`${gated.url}/oauth2/auth`, {})).status).toBe(401);
  });

  test.for([
    ['allowed_groups=admins', 403],
    ['allowed_groups=', 403],
    ['allowed_emails=bob@example.com', 403],
    ['allowed_email_domains=evil.example', 403],
    ['allowed_email_domains=', 403],
    ['allowed_group=admins', 400],
  ] as const)('/oauth2/auth?%s is %i', async ([query, status]) => {
    expect((await ask(`${gated.url}/oauth2/auth?${query}`, signedIn)).status).toBe(status);
  });

  test('/oauth2/auth lets the emails and domains pass that are allowed', async () => {
    const { headers } = await ask(`${gated.url}/oauth2/auth`, signedIn);
    const email = headers.get('x-auth-request-email') ?? '';
    const domain = email.slice(email.indexOf('@') + 1).toUpperCase();
    for (const query of [`allowed_emails=x@y.z,${email}`, `allowed_email_domains=x.y,${domain}`])
      expect((await ask(`${gated.url}/oauth2/auth?${query}`, signedIn)).status).toBe(202);
  });

  test.for([
    ['/oauth2/start?rd=/docs/', {}, '/docs/'],
    ['/oauth2/sign_in?rd=/docs/', {}, '/docs/'],
    ['/oauth2/sign_in', { 'x-auth-request-redirect': '/docs/' }, '/docs/'],
    ['/oauth2/start?rd=https://evil.example/', {}, '/'],
  ] as const)('%s leads to the sign-in', async ([path, headers, returnTo]) => {
    const answer = await ask(`${gated.url}${path}`, { ...fromHere, ...headers });
    const login = `${gated.url}/login?returnTo=${encodeURIComponent(returnTo)}`;
    expect([answer.status, answer.headers.get('location')]).toEqual([303, login]);
  });

  test('/oauth2/sign_out asks, and signs no one out by a GET', async () => {
    const asked = await ask(`${gated.url}/oauth2/sign_out?rd=/`, signedIn);
    expect([asked.status, asked.headers.get('location')]).toEqual([303, '/logout']);
    expect((await ask(`${gated.url}/oauth2/auth`, signedIn)).status).toBe(202);
    const posted = await ask(`${gated.url}/oauth2/sign_out`, { ...signedIn, 'x-csrf': '1' }, 'POST');
    expect([posted.status, posted.headers.get('location')]).toEqual([307, '/logout']);
  });
});

test.for<[string, Json, Json]>([
  [
    'that are numbers',
    { preferred_username: 7, groups: [12, 'a'] },
    { 'preferred-username': '7', groups: '12,a' },
  ],
  [
    'with several values, of which one is asked for',
    { email: ['', 'a@x.example', 'b@x.example'], preferred_username: ['one', 'two'] },
    { email: 'a@x.example', 'preferred-username': 'one' },
  ],
  ['that are one group with a comma', { groups: 'a,b' }, { groups: 'a%2Cb' }],
  ['with groups that say nothing', { groups: ['', 'a,b', null, { a: 1 }, ''] }, { groups: 'a%2Cb' }],
  ['that say nothing', { email: '', preferred_username: {}, groups: [] }, {}],
])('the gate prints claims %s', async ([, claims, expected]) => {
  const {
    bff: gated,
    begin,
    comeBack,
  } = await startBentBff(
    {
      idToken: ({ header, claims: base }) => ({ header, claims: { ...base, ...claims } }),
      userinfo: () => ({ body: { sub: 'ada' } }),
    },
    { gate: 'oauth2-proxy' },
  );
  const login = await begin();
  await comeBack(login);
  const { headers } = await ask(`${gated.url}/oauth2/auth`, { cookie: cookieHeader(login.browser, gated) });
  const names = ['email', 'preferred-username', 'groups'];
  const got = names.map((name) => [name, headers.get(`x-auth-request-${name}`)]);
  const none = { email: null, 'preferred-username': null, groups: null };
  expect(Object.fromEntries(got)).toEqual({ ...none, ...expected });
});
