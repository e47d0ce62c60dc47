import { askRaw, connectRaw, parseRawAnswer } from '@foyer/testkit';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { cookieHeader } from '../kit/bent-login.ts';
import { type RunningBff, signIn, startBff } from '../kit/start-bff.ts';
import { type HttpUpstream, startUpstream } from '../kit/start-upstream.ts';

let answer: Record<string, string | string[]> = {};
let upstream: HttpUpstream;
let bff: RunningBff;
let cookie: string;

beforeAll(async () => {
  upstream = await startUpstream((_request, response) =>
    response.writeHead(200, answer).end(Buffer.from('ok')),
  );
  bff = await startBff({
    apiRoutes: [
      { prefix: '/api/a', upstream: `${upstream.url}/v1`, passHeaders: ['X-Own', 'x-hop'] },
      { prefix: '/api/b', upstream: `${upstream.url}/v2` },
    ],
  });
  cookie = cookieHeader((await signIn(bff)).browser, bff);
});

afterAll(async () => {
  await bff[Symbol.asyncDispose]();
  await upstream[Symbol.asyncDispose]();
});

/** What the upstream gets of these header lines. */
const sendLines = async (...lines: readonly string[]) => {
  const before = upstream.seen.length;
  using client = connectRaw(Number(new URL(bff.url).port));
  const { host } = new URL(bff.url);
  const head = ['GET /api/a/x HTTP/1.1', `Host: ${host}`, `Cookie: ${cookie}`, ...lines].join('\r\n');
  client.send(`${head}\r\nConnection: close\r\n\r\n`);
  const { status } = parseRawAnswer(await client.closed);
  return { status, got: upstream.seen[before]?.headers ?? {} };
};

/** What the browser gets when the upstream answers with these headers. */
const answerWith = async (headers: Record<string, string | string[]>): Promise<Headers> => {
  answer = headers;
  const response = await fetch(`${bff.url}/api/a/x`, { headers: { cookie }, redirect: 'manual' });
  answer = {};
  return response.headers;
};

test('the upstream gets the client’s address, the public URL and the request id, and none of them from the client', async () => {
  const { host } = new URL(bff.url);
  const { got } = await sendLines(
    'X-Forwarded-For: 9.9.9.9',
    'X-Forwarded-Host: evil.example',
    'X-Forwarded-Proto: https',
    'X-Forwarded-Port: 1',
    'X-Forwarded-Prefix: /evil',
    'Forwarded: for=9.9.9.9;host=evil.example',
    'X-Real-IP: 9.9.9.9',
    'X-Request-Id: forged by hand',
    'Proxy-Authorization: Basic eA==',
  );
  expect(got).toMatchObject({
    host: new URL(upstream.url).host,
    'x-forwarded-for': expect.stringMatching(/^(127\.0\.0\.1|::1|::ffff:127\.0\.0\.1)$/),
    'x-forwarded-host': host,
    'x-forwarded-proto': 'http',
    'x-request-id': expect.stringMatching(/^[\w-]{8,64}$/),
  });
  const names = ['x-forwarded-port', 'x-forwarded-prefix', 'forwarded', 'x-real-ip', 'proxy-authorization'];
  for (const name of names) expect([name, got[name]]).toEqual([name, undefined]);
  expect(JSON.stringify(got)).not.toMatch(/9\.9\.9\.9|evil|forged/);
});

test.for([
  ['203.0.113.7:51234', '203.0.113.7'],
  ['[2001:db8::1]:443', '2001:db8::1'],
  ['"203.0.113.7"', '203.0.113.7'],
  ['unknown', '127.0.0.1'],
])(
  'a client that a trusted proxy writes as %s is %s to the upstream and in the log',
  async ([written, forwarded]) => {
    await using fronted = await startBff(
      { apiRoutes: [{ prefix: '/api/a', upstream: upstream.url }] },
      { trustProxy: ['127.0.0.1'] },
    );
    const { browser } = await signIn(fronted);
    const headers = { cookie: cookieHeader(browser, fronted), 'x-forwarded-for': written, 'x-csrf': '1' };
    expect((await fetch(`${fronted.url}/api/a/x`, { headers })).status).toBe(200);
    expect(upstream.seen.at(-1)?.headers['x-forwarded-for']).toBe(forwarded);
    await fetch(`${fronted.url}/logout`, { method: 'POST', headers, redirect: 'manual' });
    expect(fronted.log.find(({ event }) => event === 'logout')).toMatchObject({ address: forwarded });
  },
);

test('a request id that is well-formed goes along', async () => {
  expect((await sendLines('X-Request-Id: of-the-page-1')).got['x-request-id']).toBe('of-the-page-1');
});

test('a trace is continued with its state, a malformed one is replaced without it', async () => {
  const trace = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01';
  const { got } = await sendLines(`Traceparent: ${trace}`, 'Tracestate: vendor=1');
  expect(got).toMatchObject({ traceparent: trace, tracestate: 'vendor=1' });
  const begun = new Set<unknown>();
  for (const line of ['X-None: 1', 'Traceparent: 00-00000000000000000000000000000000-00f067aa0ba902b7-01']) {
    const { got: other } = await sendLines(line, 'Tracestate: vendor=1');
    expect(other.traceparent).toMatch(/^00-[0-9a-f]{32}-[0-9a-f]{16}-00$/);
    expect(other.tracestate).toBeUndefined();
    begun.add(other.traceparent);
  }
  expect([...begun]).toHaveLength(2);
});

test('Connection takes away what it names, but none of ours', async () => {
  const { got } = await sendLines(
    'X-Own: 1',
    'X-Hop: 1',
    'Keep-Alive: timeout=5',
    'Upgrade: h2c',
    'HTTP2-Settings: AAMAAABkAAQAAP__',
    'TE: trailers',
    'Connection: X-Hop, Authorization, X-Forwarded-For, X-Request-Id, Traceparent, Host',
  );
  expect(got).toMatchObject({
    'x-own': '1',
    authorization: expect.stringMatching(/^Bearer /),
    'x-forwarded-for': expect.anything(),
    'x-request-id': expect.anything(),
    traceparent: expect.anything(),
  });
  for (const name of ['x-hop', 'keep-alive', 'upgrade', 'http2-settings', 'te'])
    expect([name, got[name]]).toEqual([name, undefined]);
});

test('the browser gets the upstream’s own headers, not those that only the BFF sets', async () => {
  const headers = await answerWith({
    'x-own': 'theirs',
    etag: '"1"',
    'content-disposition': 'attachment; filename="a.txt"',
    'www-authenticate': 'Bearer realm="theirs"',
    'set-cookie': ['a=b', 'c=d'],
    'access-control-allow-origin': '*',
    'access-control-allow-credentials': 'true',
    'clear-site-data': '"*"',
    'strict-transport-security': 'max-age=0',
    server: 'theirs/1.0',
    'x-frame-options': 'ALLOWALL',
    'content-security-policy': 'default-src *',
    'x-content-type-options': 'off',
    'x-request-id': 'theirs',
    refresh: '0;url=//evil.example',
    'alt-svc': 'h3=":443"',
    'proxy-authenticate': 'Basic',
  });
  expect(headers.get('x-own')).toBe('theirs');
  expect(headers.get('etag')).toBe('"1"');
  expect(headers.get('www-authenticate')).toBe('Bearer realm="theirs"');
  expect(headers.get('x-content-type-options')).toBe('nosniff');
  expect(headers.get('content-security-policy')).toBe(
    "default-src 'none'; form-action 'none'; base-uri 'none'; frame-ancestors 'self'; sandbox, default-src *",
  );
  expect(headers.get('x-request-id')).not.toBe('theirs');
  const kept = [...headers.keys()];
  for (const name of ['set-cookie', 'clear-site-data', 'strict-transport-security', 'server', 'refresh'])
    expect(kept).not.toContain(name);
  expect(kept.filter((name) => /^(access-control|proxy)-|^alt-svc$/.test(name))).toEqual([]);
});

test('an allowed origin may read every header of an answer, a stranger’s page none', async () => {
  const allowed = 'http://app.localhost:5173';
  await using api = await startUpstream((_request, response) =>
    response.writeHead(206, { 'x-total': '7', 'access-control-allow-origin': '*' }).end('ok'),
  );
  await using before = await startBff({
    allowedOrigins: [allowed],
    apiRoutes: [{ prefix: '/api/a', upstream: api.url, auth: 'none' }],
  });
  const ask = async (origin: string) => (await fetch(`${before.url}/api/a`, { headers: { origin } })).headers;
  const answered = await ask(allowed);
  expect(answered.get('access-control-allow-origin')).toBe(allowed);
  expect(answered.get('access-control-allow-credentials')).toBe('true');
  expect(answered.get('vary')).toContain('Origin');
  expect(answered.get('access-control-expose-headers')?.split(', ')).toEqual(
    expect.arrayContaining(['x-total', 'x-request-id']),
  );
  expect(answered.get('access-control-expose-headers')).not.toContain('access-control-');
  expect([...(await ask('http://evil.localhost')).keys()].join()).not.toContain('access-control-');
});

test.for([
  [undefined, 'no-store'],
  ['', 'no-store'],
  ['no-store', 'no-store'],
  ['public, max-age=60', 'private, max-age=60'],
  ['s-maxage=60, max-age=5', 'private, max-age=5'],
  ['private, no-cache', 'private, no-cache'],
  ['PUBLIC,No-Store', 'no-store'],
] as const)('Cache-Control %s becomes %s', async ([theirs, ours]) => {
  const headers = await answerWith(theirs === undefined ? {} : { 'cache-control': theirs });
  expect(headers.get('cache-control')).toBe(ours);
  expect(headers.get('vary')).toContain('Cookie');
});

test.for([
  ['/v1/things/7?x#part', '/api/a/things/7?x#part'],
  ['seven', '/api/a/seven'],
  ['{own}/v2/7', '/api/b/7'],
  ['{otherScheme}/v2/7', '/api/b/7'],
  ['{otherScheme}/admin', null],
  ['/v1/caf\xc3\xa9?q=\xe9', '/api/a/caf\xc3\xa9?q=\xe9'],
  ['{own}/v1/../v2/caf\xc3\xa9', '/api/b/caf%C3%A9'],
  ['https://elsewhere.example/\xe9', 'https://elsewhere.example/\xe9'],
  ['{own}/admin', null],
  ['/admin', null],
  ['https://elsewhere.example/x', 'https://elsewhere.example/x'],
  ['//elsewhere.example/x', '//elsewhere.example/x'],
  ['http://', null],
] as const)('a Location of %s becomes %s', async ([theirs, ours]) => {
  const location = theirs
    .replace('{own}', upstream.url)
    .replace('{otherScheme}', upstream.url.replace('http:', 'https:'));
  const headers = await answerWith({ location, 'content-location': location });
  expect([headers.get('location'), headers.get('content-location')]).toEqual([ours, ours]);
});

test.for([true, false])(
  'header bytes beyond ASCII pass unchanged both ways, with a length: %s',
  async (hasLength) => {
    const name = 'attachment; filename="caf\xc3\xa9 \x80\xff.txt"';
    await using api = await startUpstream((_request, response) => {
      const answer = { 'content-disposition': name, etag: `"${name}"`, 'x-title': [name, '\x80'] };
      response.writeHead(200, { ...answer, ...(hasLength && { 'content-length': 2 }) });
      response.end(Buffer.from('ok'));
    });
    await using before = await startBff({
      apiRoutes: [{ prefix: '/api/a', upstream: api.url, auth: 'none' }],
    });
    const { headers, body } = await askRaw(
      Number(new URL(before.url).port),
      `GET /api/a HTTP/1.1\r\nHost: x\r\nPrefer: ${name}\r\n\r\n`,
    );
    expect(headers).toContainEqual(['content-disposition', name]);
    expect(headers).toContainEqual(['etag', `"${name}"`]);
    expect(headers.filter(([each]) => each === 'x-title').map(([, value]) => value)).toEqual([name, '\x80']);
    expect(body).toContain('ok');
    expect(api.seen[0]?.headers.prefer).toBe(name);
  },
);
