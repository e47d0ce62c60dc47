import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { askRaw, type RawAnswer } from '@foyer/testkit';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { makeSpaDir } from '../kit/spa-dir.ts';
import { type RunningBff, startBff } from '../kit/start-bff.ts';

const everywhere = {
  'x-request-id': /^[A-Za-z0-9_-]{8,64}$/,
  'x-content-type-options': /^nosniff$/,
  'referrer-policy': /^no-referrer$/,
  'content-security-policy': /frame-ancestors 'none'/,
  'cross-origin-opener-policy': /^same-origin$/,
  'cross-origin-resource-policy': /^same-origin$/,
  'permissions-policy': /camera=\(\)/,
};

/** What the SPA's pages have in place of it: nothing is denied to a page itself. */
const onPages = {
  ...everywhere,
  'referrer-policy': /^same-origin$/,
  'cross-origin-opener-policy': /^same-origin-allow-popups$/,
  'permissions-policy': /camera=\(self\)/,
};

/** What an upstream's answers have in place of it: its documents may be framed by our pages, and do nothing there. */
const onProxied = {
  ...everywhere,
  'content-security-policy': /^default-src 'none'; .*frame-ancestors 'self'; sandbox$/,
};

const expectOurHeaders = ({ headers, body }: RawAnswer, expected = everywhere): void => {
  for (const [name, form] of Object.entries(expected)) {
    const values = headers.filter(([one]) => one === name).map(([, value]) => value);
    expect(values, name).toEqual([expect.stringMatching(form)]);
  }
  const names = headers.map(([name]) => name);
  expect(names).not.toContain('server');
  expect(names).not.toContain('x-powered-by');
  expect(JSON.stringify([headers, body])).not.toMatch(/fastify|undici|llhttp|node_modules|\.ts:|statusCode/i);
};

const spa = makeSpaDir();
let upstream: Server;
let bff: RunningBff;
let port = 0;
let etag = '';

beforeAll(async () => {
  upstream = createServer((_request, response) => {
    response.writeHead(200, { server: 'Upstream/1.2', 'x-content-type-options': 'sniff' }).end('ok');
  }).listen(0, '127.0.0.1');
  await once(upstream, 'listening');
  const address = upstream.address();
  const upstreamPort = typeof address === 'object' ? address?.port : 0;
  bff = await startBff({
    spa: { dir: spa.dir },
    rateLimitLogin: 0,
    apiRoutes: [
      { prefix: '/api/up', upstream: `http://127.0.0.1:${upstreamPort}`, auth: 'none' },
      { prefix: '/api/mine', upstream: `http://127.0.0.1:${upstreamPort}` },
      { prefix: '/api/down', upstream: 'http://127.0.0.1:9', auth: 'none' },
    ],
  });
  port = Number(new URL(bff.url).port);
  etag = (await fetch(bff.url)).headers.get('etag') ?? '';
});

afterAll(async () => {
  await bff[Symbol.asyncDispose]();
  upstream.closeAllConnections();
  upstream.close();
  spa[Symbol.dispose]();
});

const host = (): string => `Host: localhost:${port}\r\n`;

const requests: readonly (readonly [status: number, what: string, write: () => string])[] = [
  [200, 'a page', () => `GET / HTTP/1.1\r\n${host()}\r\n`],
  [200, 'a page that is a deep link', () => `GET /x/y HTTP/1.1\r\n${host()}Accept: text/html\r\n\r\n`],
  [200, 'an asset', () => `GET /assets/app-1a2b3c4d.js HTTP/1.1\r\n${host()}\r\n`],
  [304, 'an asset that has not changed', () => `GET / HTTP/1.1\r\n${host()}If-None-Match: ${etag}\r\n\r\n`],
  [404, 'a missing asset', () => `GET /assets/none.js HTTP/1.1\r\n${host()}\r\n`],
  [404, 'a dotfile', () => `GET /.env HTTP/1.1\r\n${host()}\r\n`],
  [200, 'HEAD of a page', () => `HEAD / HTTP/1.1\r\n${host()}\r\n`],
  [200, 'HEAD of /api/me', () => `HEAD /api/me HTTP/1.1\r\n${host()}\r\n`],
  [405, 'OPTIONS', () => `OPTIONS /api/me HTTP/1.1\r\n${host()}\r\n`],
  [405, 'OPTIONS of the server', () => `OPTIONS * HTTP/1.1\r\n${host()}\r\n`],
  [405, 'a wrong method', () => `POST /login HTTP/1.1\r\n${host()}Content-Length: 0\r\n\r\n`],
  [405, 'TRACE', () => `TRACE /login HTTP/1.1\r\n${host()}\r\n`],
  [405, 'a method that Fastify does not know', () => `PROPFIND /secret HTTP/1.1\r\n${host()}\r\n`],
  [400, 'an unknown method', () => `FOYER / HTTP/1.1\r\n${host()}\r\n`],
  [200, 'an answer from an API', () => `GET /api/up HTTP/1.1\r\n${host()}\r\n`],
  [401, 'an API without a session', () => `GET /api/mine HTTP/1.1\r\n${host()}\r\n`],
  [502, 'an API that is down', () => `GET /api/down HTTP/1.1\r\n${host()}\r\n`],
  [404, 'an unknown API', () => `GET /api/none HTTP/1.1\r\n${host()}\r\n`],
  [303, 'a login', () => `GET /login HTTP/1.1\r\n${host()}\r\n`],
  [400, 'a callback', () => `GET /login/callback?x HTTP/1.1\r\n${host()}Accept: text/html\r\n\r\n`],
  [403, 'another site', () => `GET /api/me HTTP/1.1\r\n${host()}Sec-Fetch-Site: cross-site\r\n\r\n`],
  [303, 'an odd expectation', () => `GET /logout HTTP/1.1\r\n${host()}Expect: a-banana\r\n\r\n`],
  [400, 'a path that cannot be decoded', () => `GET /%zz HTTP/1.1\r\n${host()}\r\n`],
  [400, 'such a path of an API', () => `GET /api/%zz HTTP/1.1\r\n${host()}\r\n`],
  [400, 'such a path, to a browser', () => `GET /%zz HTTP/1.1\r\n${host()}Accept: text/html\r\n\r\n`],
  [400, 'no HTTP', () => '\x16\x03\x01\x02\x00\x01\x00\x01\xfc'],
  [400, 'no Host', () => 'GET /api/me HTTP/1.1\r\n\r\n'],
  [
    413,
    'a large body',
    () => `POST /logout HTTP/1.1\r\n${host()}X-CSRF: 1\r\nContent-Length: 65537\r\n\r\n${'a'.repeat(65_537)}`,
  ],
  [431, 'large headers', () => `GET / HTTP/1.1\r\n${host()}X: ${'a'.repeat(33_000)}\r\n\r\n`],
];

test.for(requests)(
  'the %s answer to %s has every header once, and names no server',
  async ([status, what, write]) => {
    const answer = await askRaw(port, write());
    expect(answer.status).toBe(status);
    const isPage = status < 400 && /(a page|an asset)\b/.test(what);
    expectOurHeaders(answer, isPage ? onPages : /an answer from an API/.test(what) ? onProxied : everywhere);
  },
);

test.for([
  ['/logout/backchannel', 'POST'],
  ['/api/me/sessions/some-id', 'DELETE'],
  ['/some/page', 'GET, HEAD'],
] as const)(
  'a wrong method on %s is answered with Allow: %s, whether Fastify knows it or not',
  async ([path, allow]) => {
    for (const method of ['PROPFIND', 'TRACE', 'PUT']) {
      const request = `${method} ${path} HTTP/1.1\r\n${host()}Sec-Fetch-Site: same-origin\r\n\r\n`;
      const { status, headers } = await askRaw(port, request);
      expect([method, status, headers.find(([name]) => name === 'allow')?.[1]]).toEqual([method, 405, allow]);
    }
  },
);

test('on https every answer has HSTS, also those to malformed requests', async () => {
  await using secure = await startBff({ publicUrl: 'https://app.example' }, { isSecure: true });
  const securePort = Number(new URL(secure.url).port);
  for (const text of [
    'GET /api/me HTTP/1.1\r\nHost: app.example\r\n\r\n',
    'GET /%zz HTTP/1.1\r\nHost: app.example\r\n\r\n',
    'nonsense\r\n\r\n',
  ]) {
    const { headers } = await askRaw(securePort, text);
    expect(headers).toContainEqual(['strict-transport-security', 'max-age=31536000']);
  }
});
