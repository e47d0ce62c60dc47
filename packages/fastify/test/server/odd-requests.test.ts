import { askRaw, connectRaw } from '@foyer/testkit';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type RunningBff, signIn, startBff } from '../kit/start-bff.ts';

let bff: RunningBff;
let port = 0;

beforeAll(async () => {
  bff = await startBff({ rateLimitLogin: 0 });
  port = Number(new URL(bff.url).port);
});

afterAll(() => bff[Symbol.asyncDispose]());

const host = (): string => `Host: localhost:${port}\r\n`;
const chunked = 'X-CSRF: 1\r\nTransfer-Encoding: chunked\r\n';

/** A second request hidden in the body of the first: who reads the framing otherwise answers twice. */
const smuggled = (): string => `GET /healthz HTTP/1.1\r\n${host()}\r\n`;

test.for([
  [
    'both Content-Length and Transfer-Encoding',
    'Content-Length: 4\r\nTransfer-Encoding: chunked\r\n',
    '0\r\n\r\n',
  ],
  ['the same, the other way round', 'Transfer-Encoding: chunked\r\nContent-Length: 4\r\n', '0\r\n\r\n'],
  ['two Content-Lengths', 'Content-Length: 5\r\nContent-Length: 0\r\n', 'abcde'],
  ['two equal Content-Lengths', 'Content-Length: 5\r\nContent-Length: 5\r\n', 'abcde'],
  ['a list of Content-Lengths', 'Content-Length: 5, 5\r\n', 'abcde'],
  ['a signed Content-Length', 'Content-Length: +5\r\n', 'abcde'],
  ['a negative Content-Length', 'Content-Length: -5\r\n', 'abcde'],
  ['a hexadecimal Content-Length', 'Content-Length: 0x5\r\n', 'abcde'],
  ['a Content-Length beyond every number', `Content-Length: ${'9'.repeat(40)}\r\n`, ''],
  ['Transfer-Encoding identity', 'Transfer-Encoding: identity\r\n', ''],
  ['chunked not as the last encoding', 'Transfer-Encoding: chunked, gzip\r\n', '0\r\n\r\n'],
  ['an encoding that looks like chunked', 'Transfer-Encoding: xchunked\r\n', '0\r\n\r\n'],
  ['a blank before the colon', 'Transfer-Encoding : chunked\r\n', '0\r\n\r\n'],
  ['a folded header', 'Transfer-Encoding:\r\n chunked\r\n', '0\r\n\r\n'],
  ['a folded header of another name', 'X-A: b\r\n c\r\n', ''],
  ['a header ended by a bare LF', 'X-A: b\nTransfer-Encoding: chunked\r\n', '0\r\n\r\n'],
  ['a header ended by a bare CR', 'X-A: b\rTransfer-Encoding: chunked\r\n', '0\r\n\r\n'],
  ['NUL in a header', 'X-A: a\0b\r\n', ''],
  ['a header without a colon', 'X-A\r\n', ''],
  ['a header without a name', ': b\r\n', ''],
  ['a chunk with a negative size', chunked, '-1\r\n\r\n'],
  ['a chunk size with 0x', chunked, '0x1\r\na\r\n0\r\n\r\n'],
  ['a chunk size beyond every number', chunked, `${'f'.repeat(17)}\r\na\r\n0\r\n\r\n`],
  ['a chunk ended by a bare LF', chunked, '1\na\r\n0\r\n\r\n'],
  ['a chunk extension ended by a bare LF', chunked, '2;\nxx\r\n1\r\n0\r\n\r\n'],
  ['a chunk longer than it says', chunked, '1\r\nab\r\n0\r\n\r\n'],
  ['a blank in a chunk size', chunked, '1 \r\na\r\n0\r\n\r\n'],
] as const)('%s is refused, closes the connection, and smuggles nothing', async ([, headers, body]) => {
  using connection = connectRaw(port);
  connection.send(`POST /logout HTTP/1.1\r\n${host()}${headers}\r\n${body}${smuggled()}`);
  const answers = await connection.closed;
  expect(answers.match(/HTTP\/1\.1 \d+/g)).toEqual(['HTTP/1.1 400']);
  expect(answers).toContain('"code":"bad_request"');
});

test.for([
  ['a Connection header over 1,024 characters', '1.1', `Connection: ${'a,'.repeat(512)}a\r\n`, 400],
  ['a Connection header of 1,024 characters', '1.1', `Connection: ${'a,'.repeat(512)}\r\n`, 200],
  ['an X-Forwarded-For over 1,024 characters', '1.1', `X-Forwarded-For: ${'::1,'.repeat(256)}a\r\n`, 400],
  ['an X-Forwarded-For of 1,024 characters', '1.1', `X-Forwarded-For: ${'::1,'.repeat(256)}\r\n`, 200],
  ['a transfer coding in HTTP/1.0', '1.0', 'Transfer-Encoding: chunked\r\n', 400],
  ['a transfer coding before chunked', '1.1', 'Transfer-Encoding: gzip, chunked\r\n', 501],
  ['an unknown transfer coding before chunked', '1.1', 'Transfer-Encoding: foo,Chunked\r\n', 501],
  ['an unknown transfer coding alone', '1.1', 'Transfer-Encoding: foo\r\n', 400],
  ['TE: gzip, chunked', '1.1', 'TE: gzip, chunked\r\n', 200],
] as const)('%s, in HTTP/%s, is read in one way or refused', async ([, version, headers, expected]) => {
  for (const path of ['/healthz', '/api/me']) {
    const { status, body } = await askRaw(
      port,
      `GET ${path} HTTP/${version}\r\n${host()}${headers}\r\n${headers.startsWith('Transfer-Encoding') ? '0\r\n\r\n' : ''}`,
    );
    expect([path, status]).toEqual([path, expected]);
    if (expected !== 200) expect(JSON.parse(body)).toMatchObject({ code: 'bad_request' });
  }
});

const oddHosts: readonly (readonly [what: string, headers: () => string])[] = [
  ['no Host', () => ''],
  ['two Hosts', () => `${host()}Host: evil.example\r\n`],
  ['two equal Hosts', () => `${host()}${host()}`],
];

test.for(oddHosts)('a request with %s is refused', async ([, headers]) => {
  for (const path of ['/api/me', '/login', '/healthz']) {
    const { status } = await askRaw(port, `GET ${path} HTTP/1.1\r\n${headers()}\r\n`);
    expect([path, status]).toEqual([path, 400]);
  }
});

test.for([
  ['an authority as target', 'GET evil.example:443 HTTP/1.1'],
  ['HTTP of another version', 'GET /api/me HTTP/2.0'],
  ['HTTP without a version', 'GET /api/me'],
  ['a blank in the target', 'GET /api/me /x HTTP/1.1'],
  ['NUL in the target', 'GET /api/me\0 HTTP/1.1'],
] as const)('%s is refused', async ([, line]) => {
  expect((await askRaw(port, `${line}\r\n${host()}\r\n`)).status).toBe(400);
});

test('CONNECT is closed without an answer', async () => {
  using connection = connectRaw(port);
  connection.send(`CONNECT evil.example:443 HTTP/1.1\r\n${host()}\r\n`);
  expect(await connection.closed).toBe('');
});

const forged: readonly (readonly [what: string, line: string, headers: () => string])[] = [
  ['Host', 'GET /login HTTP/1.1', () => 'Host: evil.example\r\n'],
  ['an absolute target', 'GET http://evil.example/login HTTP/1.1', host],
  ['X-Forwarded-Host', 'GET /login HTTP/1.1', () => `${host()}X-Forwarded-Host: evil.example\r\n`],
  ['Forwarded', 'GET /login HTTP/1.1', () => `${host()}Forwarded: host=evil.example;proto=https\r\n`],
  [
    'X-Forwarded-Proto',
    'GET /login HTTP/1.1',
    () => `${host()}X-Forwarded-Proto: https\r\nX-Forwarded-Port: 444\r\n`,
  ],
  ['X-Original-URL', 'GET /login HTTP/1.1', () => `${host()}X-Original-URL: /logout\r\n`],
];

test.for(forged)('the redirect URI is the configured one whatever %s says', async ([, line, headers]) => {
  const { status, headers: answered } = await askRaw(port, `${line}\r\n${headers()}\r\n`);
  const location = new URL(answered.find(([name]) => name === 'location')?.[1] ?? '');
  expect(status).toBe(303);
  expect(location.origin).toBe(bff.provider.issuer);
  expect(location.searchParams.get('redirect_uri')).toBe(`${bff.url}/login/callback`);
  expect(JSON.stringify(answered)).not.toContain('evil');
});

test('a page asked for under a foreign name is not redirected there', async () => {
  const { status, headers } = await askRaw(
    port,
    'GET /logout HTTP/1.1\r\nHost: evil.example\r\nAccept: text/html\r\n\r\n',
  );
  expect([status, headers.find(([name]) => name === 'location')?.[1]]).toEqual([303, '/']);
});

test('floods of headers, and a megabyte of cookie, are refused before they are read', async () => {
  const flood = Array.from({ length: 20_000 }, (_, index) => `X-${index}: a\r\n`).join('');
  using cookies = connectRaw(port);
  using headers = connectRaw(port);
  cookies.send(`GET /api/me HTTP/1.1\r\n${host()}Cookie: ${'a'.repeat(1_000_000)}\r\n\r\n`);
  headers.send(`GET /api/me HTTP/1.1\r\n${host()}${flood}\r\n`);
  await Promise.all([cookies.closed, headers.closed]);
  expect((await fetch(`${bff.url}/api/me`)).status).toBe(200);
  const { status } = await askRaw(
    port,
    `GET /api/me HTTP/1.1\r\n${host()}Cookie: ${'a'.repeat(33_000)}\r\n\r\n`,
  );
  expect(status).toBe(431);
});

test('headers that are too large are a page to a person', async () => {
  const { status, headers, body } = await askRaw(
    port,
    `GET / HTTP/1.1\r\n${host()}Accept: text/html\r\nCookie: ${'a'.repeat(33_000)}\r\n\r\n`,
  );
  const types = headers.filter(([name]) => name === 'content-type');
  expect([status, types]).toEqual([431, [['content-type', 'text/html; charset=utf-8']]]);
  expect(body).toContain('Delete the cookies of this site, then try again.');
  expect(body).not.toContain('aaaa');
});

test('thousands of small cookies are a visitor without a session', async () => {
  const cookie = Array.from({ length: 3000 }, (_, index) => `c${index}=1`).join('; ');
  const answer = await fetch(`${bff.url}/api/me`, { headers: { cookie } });
  expect(await answer.json()).toEqual({ authenticated: false, loginUrl: '/login' });
});

test('bytes that are not HTTP in the middle of an answer cut it, and are not passed on', async () => {
  const { browser } = await signIn(bff);
  const cookies = browser.cookies(bff.url).map(({ name, value }) => `${name}=${value}`);
  using connection = connectRaw(port);
  connection.send(`GET /api/me/events HTTP/1.1\r\n${host()}Cookie: ${cookies.join('; ')}\r\n\r\n`);
  await expect.poll(() => connection.received()).toContain('\r\n\r\n');
  connection.send('nonsense\r\n\r\n');
  const answers = await connection.closed;
  expect(answers.match(/HTTP\/1\.1 /g)).toHaveLength(1);
});

test('a client that leaves in the middle of its body is not logged as an error', async () => {
  const before = bff.log.length;
  for (const framing of ['Content-Length: 100\r\n', 'Transfer-Encoding: chunked\r\n']) {
    using connection = connectRaw(port);
    connection.send(`POST /logout HTTP/1.1\r\n${host()}X-CSRF: 1\r\n${framing}\r\n5\r\nab`);
    await expect.poll(async () => (await fetch(`${bff.url}/healthz`)).status).toBe(200);
  }
  const refusals = () => bff.log.slice(before).filter(({ event }) => event === 'refusal');
  await expect.poll(() => refusals()).toHaveLength(2);
  for (const { code, level } of refusals()) expect([code, level]).toEqual(['bad_request', 30]);
});

test('HTTP/1.0 without Host, as simple health checks speak it, is answered and closed', async () => {
  using connection = connectRaw(port);
  connection.send('GET /healthz HTTP/1.0\r\n\r\n');
  expect(await connection.closed).toMatch(/^HTTP\/1\.1 200 /);
});

test('without a route for WebSockets an upgrade request is answered like any other', async () => {
  const upgrade = 'Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n';
  for (const [path, status] of [
    ['/api/me', 200],
    ['/api/none', 404],
  ] as const) {
    expect((await askRaw(port, `GET ${path} HTTP/1.1\r\n${host()}${upgrade}\r\n`)).status).toBe(status);
  }
});
