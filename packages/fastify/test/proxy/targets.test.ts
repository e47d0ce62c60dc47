import { askRaw } from '@foyer/testkit';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type RunningBff, startBff } from '../kit/start-bff.ts';
import { type HttpUpstream, startUpstream } from '../kit/start-upstream.ts';

let upstream: HttpUpstream;
let bff: RunningBff;

beforeAll(async () => {
  upstream = await startUpstream((_request, response) => response.end('reached'));
  bff = await startBff({
    apiRoutes: [
      { prefix: '/api/a', upstream: `${upstream.url}/v1`, auth: 'none' },
      { prefix: '/api/a/deep', upstream: `${upstream.url}/deep`, auth: 'none' },
      { prefix: '/api/whole', upstream: upstream.url, auth: 'none' },
    ],
  });
});

afterAll(async () => {
  await bff[Symbol.asyncDispose]();
  await upstream[Symbol.asyncDispose]();
});

/** The status of the answer to a target, and the target that the upstream saw, if any. */
const send = async (target: string): Promise<readonly [status: number, seen: string | undefined]> => {
  const before = upstream.seen.length;
  const { port, host } = new URL(bff.url);
  const { status } = await askRaw(Number(port), `GET ${target} HTTP/1.1\r\nHost: ${host}\r\n\r\n`);
  return [status, upstream.seen[before]?.url];
};

test.for([
  '?',
  '?%',
  '?q=100%&r=%zz&s=%c3%28',
  '?path=../../etc&next=..',
  '?to=//host/x&from=http://host:1/y?z=1',
  '?q=%C3%A9%e2%82%ac%F0%9F%98%80&latin=%e9',
  '?a|b&{c}[d]^`"<e>',
  '?q=%252e%252e%2f&b=%00',
  '?a=1&a=2&&;=+',
  '?q=\\..\\',
  `?q=${'x'.repeat(4000)}`,
])('the query %s arrives byte for byte', async (query) => {
  expect(await send(`/api/a/x${query}`)).toEqual([200, `/v1/x${query}`]);
});

test.for([
  ['/api/a', '/v1'],
  ['/api/a/', '/v1/'],
  ['/api/a?x', '/v1?x'],
  ['/api/whole', '/'],
  ['/api/whole?x', '/?x'],
  ['/api/a/deep/x', '/deep/x'],
  ['/api/a/deep', '/deep'],
  ['/api/a/deeper', '/v1/deeper'],
  ['/api/a/x;v=1/y,z', '/v1/x;v=1/y,z'],
  ['/api/a/a%20b/caf%C3%A9/%7e', '/v1/a%20b/caf%C3%A9/%7e'],
  ['/api/a/...x/x..', '/v1/...x/x..'],
  ['/api/a/why%3F/%23one%3f%23', '/v1/why%3F/%23one%3f%23'],
  ["/api/a/$&+,:=@!*'()", "/v1/$&+,:=@!*'()"],
] as const)('%s is asked for as %s: the longest prefix wins, on whole segments', async ([target, seen]) => {
  expect(await send(target)).toEqual([200, seen]);
});

test.for([
  ['/api/b', 404],
  ['/api/ab', 404],
  ['/api/a;v=1', 404],
  ['/api/A', 404],
  ['/api/a.', 404],
  ['/api', 404],
  ['/api/a/../admin', 400],
  ['/api/a/..', 400],
  ['/api/a/./x', 400],
  ['/api/a/..;v=1/admin', 400],
  ['/api/a/.;/x', 400],
  ['/api/a//admin', 400],
  ['/api//a', 400],
  ['//api/a', 404],
  ['/api/a/%2e%2e/admin', 400],
  ['/api/a/.%2E/admin', 400],
  ['/api/a/%2e', 400],
  ['/api/a/%252e%252e/admin', 400],
  ['/api/a/%25252e/x', 400],
  ['/api/a/..%2fadmin', 400],
  ['/api/a/%5c..%5cadmin', 400],
  ['/api/a/\\..\\admin', 400],
  ['/api/a/%00', 400],
  ['/api/a/%0d%0aX:%201', 400],
  ['/api/a/x%7f', 400],
  ['/api/a/%', 400],
  ['/api/a/%zz', 400],
  ['/api/a/%c0%ae%c0%ae/admin', 400],
  ['/api/a/é', 400],
  ['/api/a/x#f', 400],
  ['/api/a/x?q#f', 400],
  ['/api/a/x?q=\xe9', 400],
  ['/%61pi/a', 404],
  ['/api/%61', 404],
] as const)('%s is answered %i and reaches no upstream', async ([target, status]) => {
  expect(await send(target)).toEqual([status, undefined]);
});

test('a target in absolute form leads to no host but the configured ones', async () => {
  const { host } = new URL(upstream.url);
  for (const authority of [host, `x@${host}`, 'evil.example', new URL(bff.url).host]) {
    expect(await send(`http://${authority}/api/a/x`)).toEqual([400, undefined]);
    expect(await send(`http://${authority}/admin`)).toEqual([404, undefined]);
  }
});
