import { once } from 'node:events';
import { get } from 'node:http';
import { expect, test } from 'vitest';
import type { ApiRoute } from '../../src/options.ts';
import { cookieHeader, startBentBff } from '../kit/bent-login.ts';
import { startUpstream } from '../kit/start-upstream.ts';
import type { Json } from '../provider/bent-provider.ts';

const identity = { 'x-user-id': 'sub', 'X-Groups': 'groups', 'x-name': 'name', 'x-role': 'realm.role' };

/** The headers that the upstream gets of a person with these claims, and of what the browser wrote itself. */
const call = async (
  claims: Json,
  {
    route,
    headers,
    signsIn = true,
  }: {
    route?: Partial<ApiRoute>;
    headers?: Record<string, string>;
    signsIn?: boolean;
  } = {},
) => {
  await using upstream = await startUpstream((_request, response) => response.end());
  const { bff, begin, comeBack } = await startBentBff(
    {
      idToken: ({ header, claims: base }) => ({ header, claims: { ...base, ...claims } }),
      userinfo: () => ({ body: { sub: 'ada' } }),
    },
    { apiRoutes: [{ prefix: '/api/a', upstream: upstream.url, identity, ...route }] },
  );
  const login = await begin();
  if (signsIn) await comeBack(login);
  const cookie = cookieHeader(login.browser, bff);
  const asked = get(`${bff.url}/api/a`, { headers: { cookie, ...headers } });
  const [answer] = await once(asked, 'response');
  answer.resume();
  const [got] = upstream.seen;
  return Object.fromEntries(Object.keys(identity).map((name) => [name, got?.headers[name.toLowerCase()]]));
};

test.for<[string, Json, Json]>([
  ['plain', { name: 'Ada L.', groups: ['a', 'b'] }, { 'x-name': 'Ada%20L.', 'X-Groups': 'a,b' }],
  ['beyond ASCII', { name: 'José 🙂' }, { 'x-name': 'Jos%C3%A9%20%F0%9F%99%82' }],
  ['with line ends', { name: 'a\r\nx-admin: 1\u0000' }, { 'x-name': 'a%0D%0Ax-admin:%201%00' }],
  ['with spaces at the ends', { name: ' a b ' }, { 'x-name': '%20a%20b%20' }],
  [
    'with signs that would be mistaken',
    { name: '50%,', groups: ['a,b', '%'] },
    { 'x-name': '50%25,', 'X-Groups': 'a%2Cb,%25' },
  ],
  [
    'that are no texts',
    { name: 7, groups: [true, 1, { a: 1 }, null, ''] },
    { 'x-name': '7', 'X-Groups': 'true,1' },
  ],
  ['nested', { realm: { role: 'admin' } }, { 'x-role': 'admin' }],
  ['that say nothing', { name: '', groups: {}, realm: [{ role: 'x' }] }, {}],
])('claims %s become headers', async ([, claims, expected]) => {
  const got = await call({ name: undefined, ...claims });
  const none = { 'X-Groups': undefined, 'x-name': undefined, 'x-role': undefined };
  expect(got).toEqual({ 'x-user-id': 'ada', ...none, ...expected });
});

const forged = { 'x-user-id': 'root', 'X-GROUPS': 'admin', x_groups: 'admin', 'x-name': 'Root' };

test('a browser cannot write them, signed in or not', async () => {
  const none = { 'X-Groups': undefined, 'x-name': undefined, 'x-role': undefined };
  expect(await call({ name: undefined }, { headers: forged })).toEqual({ 'x-user-id': 'ada', ...none });
  expect(await call({}, { headers: forged, signsIn: false, route: { auth: 'optional' } })).toEqual({
    'x-user-id': undefined,
    ...none,
  });
});

test('a browser cannot have them removed on the way', async () => {
  const got = await call({ name: 'Ada' }, { headers: { connection: 'close, x-name' } });
  expect(got['x-name']).toBe('Ada');
});
