import { once } from 'node:events';
import { connect } from 'node:net';
import { createBrowser } from '@foyer/testkit';
import { expect, test } from 'vitest';
import type { ApiRoute } from '../../src/options.ts';
import { type BentBff, cookieHeader, startBentBff, whoIs } from '../kit/bent-login.ts';
import { startUpstream } from '../kit/start-upstream.ts';
import type { Json } from '../provider/bent-provider.ts';

const signIn = async (
  { begin, comeBack }: Pick<BentBff, 'begin' | 'comeBack'>,
  browser = createBrowser(),
  query = '',
) => {
  const login = await begin(query, browser);
  await comeBack(login);
  return browser;
};

/** A BFF before an upstream that refuses with this challenge. */
const startChallenged = async (challenge: string, route: Partial<ApiRoute> = {}) => {
  const upstream = await startUpstream((_request, response) =>
    response.writeHead(401, { 'www-authenticate': challenge }).end('theirs'),
  );
  const bent = await startBentBff(
    {},
    { apiRoutes: [{ prefix: '/api/a', upstream: upstream.url, ...route }] },
  );
  return { ...bent, upstream };
};

const insufficient = 'Bearer error="insufficient_user_authentication"';

test.for<[string, string, string]>([
  [
    'with a strength and an age',
    `${insufficient}, acr_values="urn:gold urn:silver", max_age="5"`,
    '/login?acr_values=urn%3Agold+urn%3Asilver&max_age=5',
  ],
  ['with an age', `DPoP realm="x", error=insufficient_user_authentication, max_age=60`, '/login?max_age=60'],
  ['with neither', insufficient, '/login?prompt=login'],
  ['with what cannot be asked for', `${insufficient}, acr_values="ü", max_age=soon`, '/login?prompt=login'],
])('an upstream’s challenge for a stronger sign-in %s becomes ours', async ([, challenge, loginUrl]) => {
  const { bff, upstream, ...bent } = await startChallenged(challenge);
  await using _closing = upstream;
  const cookie = cookieHeader(await signIn(bent), bff);
  for (const method of ['GET', 'POST']) {
    const body = method === 'POST' ? 'text' : null;
    const answer = await fetch(`${bff.url}/api/a`, { method, body, headers: { cookie, 'x-csrf': '1' } });
    expect(answer.headers.get('www-authenticate')).toBeNull();
    expect(JSON.parse(await answer.text())).toMatchObject({
      code: 'step_up_required',
      status: 401,
      loginUrl,
    });
  }
});

test.for<[string, string, Partial<ApiRoute>]>([
  ['of another kind', 'Bearer error="invalid_request"', {}],
  ['of a route that anyone may call', insufficient, { auth: 'optional' }],
])('a challenge %s passes as it is', async ([, challenge, route]) => {
  const { bff, upstream, ...bent } = await startChallenged(challenge, route);
  await using _closing = upstream;
  const cookie = cookieHeader(await signIn(bent), bff);
  const answer = await fetch(`${bff.url}/api/a`, { headers: { cookie } });
  expect([answer.status, await answer.text()]).toEqual([401, 'theirs']);
});

test('an upstream’s wish for a better sign-in answers a WebSocket too', async () => {
  const { bff, upstream, ...bent } = await startChallenged(`${insufficient}, max_age=60`);
  await using _closing = upstream;
  const cookie = cookieHeader(await signIn(bent), bff);
  const { port } = new URL(bff.url);
  const socket = connect(Number(port), 'localhost');
  const head = [
    ...['GET /api/a HTTP/1.1', `Host: localhost:${port}`, `Origin: ${bff.url}`, `Cookie: ${cookie}`],
    ...['Connection: Upgrade', 'Upgrade: websocket', 'Sec-WebSocket-Version: 13'],
    'Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==',
  ];
  socket.write(`${head.join('\r\n')}\r\n\r\n`);
  const [first] = await once(socket, 'data');
  socket.destroy();
  expect(String(first)).toMatch(/^HTTP\/1\.1 401 /);
  expect(String(first)).toContain('"loginUrl":"/login?max_age=60"');
});

/** A BFF whose route needs a strong and recent sign-in, and what the provider says of the next one. */
const startStrict = async () => {
  const signedIn: { claims: Json } = { claims: {} };
  const upstream = await startUpstream((_request, response) => response.end('passed'));
  const bent = await startBentBff(
    { idToken: ({ header, claims }) => ({ header, claims: { ...claims, ...signedIn.claims } }) },
    {
      apiRoutes: [{ prefix: '/api/a', upstream: upstream.url, require: { acr: 'gold', maxAge: 300 } }],
    },
  );
  const call = async (cookie: string) => {
    const answer = await fetch(`${bent.bff.url}/api/a`, { headers: { cookie } });
    const body = await answer.text();
    return answer.ok ? { body } : JSON.parse(body);
  };
  return { ...bent, signedIn, upstream, call };
};

const now = (): number => Math.floor(Date.now() / 1000);

test('a step up replaces the session, and other tabs go on with the new one', async () => {
  const { bff, signedIn, upstream, call, ...bent } = await startStrict();
  await using _closing = upstream;
  const browser = await signIn(bent);
  const before = await whoIs(browser, bff);
  const stream = await fetch(`${bff.url}/api/me/events`, {
    headers: { cookie: cookieHeader(browser, bff), accept: 'text/event-stream' },
  });
  const { loginUrl } = await call(cookieHeader(browser, bff));
  expect(loginUrl).toBe('/login?acr_values=gold&max_age=300');
  signedIn.claims = { acr: 'gold', auth_time: now() };
  await signIn(bent, browser, `${loginUrl.replace('/login', '')}&returnTo=/form`);
  expect(await stream.text()).toContain('{"reason":"replaced"}');
  const after = await whoIs(browser, bff);
  expect(after.session?.id).not.toBe(before.session?.id);
  expect(await call(cookieHeader(browser, bff))).toEqual({ body: 'passed' });
});

test.for<[string, Json]>([
  ['too weak', { acr: 'silver', auth_time: now() }],
  ['too old', { acr: 'gold', auth_time: now() - 3600 }],
  ['of an unknown time', { acr: 'gold' }],
])('a step up that comes back %s is refused, and leaves the session as it was', async ([, claims]) => {
  const { bff, signedIn, upstream, begin, comeBack } = await startStrict();
  await using _closing = upstream;
  const browser = await signIn({ begin, comeBack });
  const before = await whoIs(browser, bff);
  signedIn.claims = claims;
  const login = await begin('?acr_values=gold&max_age=300&returnTo=/form', browser);
  const page = await comeBack(login);
  expect(page.status).toBe(502);
  expect(page.text).toContain('href="/login?acr_values=gold&max_age=300&returnTo=%2Fform"');
  expect((await whoIs(browser, bff)).session?.id).toBe(before.session?.id);
});

test('a provider that cannot meet what was asked for denies the sign-in', async () => {
  const { begin, comeBack } = await startStrict();
  const login = await begin('?acr_values=gold');
  const page = await comeBack(login, `error=unmet_authentication_requirements&state=${login.state}`);
  expect(page.status).toBe(403);
});
