import { once } from 'node:events';
import { expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { accessToken, type RouteToken } from '../../src/index.ts';
import { cookieHeader, startBentBff } from '../kit/bent-login.ts';
import { startUpstream } from '../kit/start-upstream.ts';

interface Setting {
  readonly token?: RouteToken;
  readonly auth?: 'required' | 'optional' | 'none';
  /** The OAuth error of every grant but the first. */
  readonly error?: string;
}

/** A session before an API that answers what it was sent as `Authorization`, and what the provider was asked for. */
const start = async ({ token, auth, error }: Setting) => {
  const upstream = await startUpstream((request, response) =>
    response.end(request.headers.authorization ?? 'none'),
  );
  const asked: Record<string, string>[] = [];
  const kit = await startBentBff(
    {
      token: (base, { body }) => {
        const { grant_type, client_id, client_secret, ...rest } = Object.fromEntries(body);
        if (grant_type === 'authorization_code')
          return { body: { ...base, expires_in: 300, refresh_token: 'refresh-1' } };
        asked.push({ grant_type: grant_type ?? '', ...rest });
        if (error !== undefined) return { status: 400, body: { error } };
        return { body: { access_token: `token-${asked.length}`, token_type: 'Bearer', expires_in: 300 } };
      },
    },
    {
      apiRoutes: [
        { prefix: '/api/a', upstream: upstream.url, ...(auth && { auth }), ...(token && { token }) },
      ],
    },
    (app) => {
      app.get('/own/session', (request) => accessToken(request));
      app.get('/own/orders', (request) => accessToken(request, { audience: 'orders' }));
      app.get('/own/client', (request) => accessToken(request, 'client'));
    },
  );
  const login = await kit.begin();
  await kit.comeBack(login);
  const cookie = cookieHeader(login.browser, kit.bff);
  const ask = (headers: Record<string, string> = { cookie }): Promise<Response> =>
    fetch(`${kit.bff.url}/api/a`, { headers: { 'x-csrf': '1', ...headers } });
  return { ...kit, asked, ask, cookie, upstream, [Symbol.asyncDispose]: upstream[Symbol.asyncDispose] };
};

const own = 'Bearer access-token-of-ada';
const refresh = { grant_type: 'refresh_token', refresh_token: 'refresh-1' };
const exchange = {
  grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
  subject_token: 'access-token-of-ada',
  subject_token_type: 'urn:ietf:params:oauth:token-type:access_token',
};
const accessTokenType = 'urn:ietf:params:oauth:token-type:access_token';

test.for<[RouteToken | undefined, string, readonly Record<string, string>[]]>([
  [undefined, own, []],
  ['session', own, []],
  ['none', 'none', []],
  [{ audience: 'orders' }, 'Bearer token-1', [{ ...refresh, audience: 'orders' }]],
  [{ resource: 'https://o.example/' }, 'Bearer token-1', [{ ...refresh, resource: 'https://o.example/' }]],
  [{ scope: 'a b' }, 'Bearer token-1', [{ ...refresh, scope: 'a b' }]],
  [{ exchange: { audience: 'orders' } }, 'Bearer token-1', [{ ...exchange, audience: 'orders' }]],
  [
    { exchange: { scope: 'a', requestedTokenType: accessTokenType } },
    'Bearer token-1',
    [{ ...exchange, scope: 'a', requested_token_type: accessTokenType }],
  ],
  ['client', 'Bearer token-1', [{ grant_type: 'client_credentials' }]],
  [{ client: { scope: 'a' } }, 'Bearer token-1', [{ grant_type: 'client_credentials', scope: 'a' }]],
])('an API whose token is %j is sent %s', async ([token, sent, grants]) => {
  await using api = await start({ ...(token && { token }) });
  for (let calls = 0; calls < 2; calls += 1) expect(await (await api.ask()).text()).toBe(sent);
  expect(api.asked).toEqual(grants);
});

test('calls without a session get a client’s token where the route allows it, and never one of a person', async () => {
  await using open = await start({ token: 'client', auth: 'none' });
  expect(await (await open.ask({})).text()).toBe('Bearer token-1');
  await using half = await start({ token: { audience: 'orders' }, auth: 'optional' });
  expect([await (await half.ask({})).text(), half.asked]).toEqual(['none', []]);
  await using closed = await start({ token: 'client' });
  expect([(await closed.ask({})).status, closed.asked]).toEqual([401, []]);
});

test.for<[RouteToken, string]>([
  [{ audience: 'orders' }, 'invalid_target'],
  [{ scope: 'a' }, 'invalid_scope'],
  [{ exchange: { audience: 'orders' } }, 'invalid_request'],
  ['client', 'unauthorized_client'],
])('a token %j that the provider refuses with %s is 502, and the log names it', async ([token, error]) => {
  await using api = await start({ token, error });
  const answer = await api.ask();
  expect([answer.status, await answer.json()]).toEqual([
    502,
    expect.objectContaining({ code: 'provider_error' }),
  ]);
  const reasons = api.bff.log.filter(({ event }) => event === 'refusal').map(({ reason }) => reason);
  const named = error === 'invalid_target' ? 'audience orders' : error;
  expect(reasons).toEqual([expect.stringMatching(new RegExp(`${named}.*\`token\` of the API route`))]);
  expect((await api.ask()).status).toBe(502);
  expect(api.asked).toHaveLength(1);
});

test('a WebSocket is opened with the token of its route', async () => {
  await using api = await start({ token: { audience: 'orders' } });
  const { url } = api.bff;
  const socket = new WebSocket(`${url.replace('http', 'ws')}/api/a`, {
    origin: url,
    headers: { cookie: api.cookie },
  });
  socket.on('error', () => undefined);
  await once(socket, 'unexpected-response');
  expect(api.upstream.seen.map(({ headers }) => headers.authorization)).toEqual(['Bearer token-1']);
});

test('a route of one’s own gets the same tokens, and 401 where no one is signed in', async () => {
  await using api = await start({ token: { audience: 'orders' } });
  const { app } = api.bff;
  const read = async (url: string, cookie = api.cookie) => {
    const { statusCode, body } = await app.inject({ url, headers: { cookie } });
    return statusCode === 200 ? body : statusCode;
  };
  expect(await read('/own/session')).toBe('access-token-of-ada');
  expect(await read('/own/orders')).toBe('token-1');
  expect(await (await api.ask()).text()).toBe('Bearer token-1');
  expect([await read('/own/orders', ''), await read('/own/session', '')]).toEqual([401, 401]);
  expect(await read('/own/client', '')).toBe('token-2');
});
