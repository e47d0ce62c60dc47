import { expect, test } from 'vitest';
import { createAnswerHeaders, createUpstreamHeaders } from '../../src/proxy/forward-headers.ts';

const createHeaders = createUpstreamHeaders('https://app.example');
const from = { requestId: 'request-id-1', ip: '192.0.2.1', accessToken: 'token-of-ada' };

const ours = {
  'x-request-id': 'request-id-1',
  traceparent: expect.stringMatching(/^00-[0-9a-f]{32}-[0-9a-f]{16}-01$/),
  'x-forwarded-for': '192.0.2.1',
  'x-forwarded-proto': 'https',
  'x-forwarded-host': 'app.example',
  authorization: 'Bearer token-of-ada',
};

test.for([
  ...['x-forwarded-for', 'x-forwarded-host', 'x-forwarded-prefix', 'x-real-ip', 'forwarded', 'authorization'],
  ...['x_forwarded_for', 'x_real_ip', 'x_request-id', 'proxy-authorization', 'proxy_connection'],
  ...['x-original-url', 'x-rewrite-url', 'x_original_url', 'x-http-method-override', 'x-method-override'],
  ...['cookie', 'te', 'upgrade', 'expect', 'keep-alive', 'transfer-encoding', 'trailer'],
])('the upstream is told nothing by the %s of a browser', (name) => {
  expect(createHeaders({ [name]: 'forged' }, from)).toEqual(ours);
});

test('whatever Connection names, our own headers reach the upstream and what it names does not', () => {
  const headers = {
    connection: 'close, X-Extra, authorization, x-forwarded-for, X-Request-Id, traceparent',
    'x-extra': 'named',
    accept: 'text/plain',
  };
  expect(createHeaders(headers, from)).toEqual({ ...ours, accept: 'text/plain' });
});

const answerTo = (headers: Readonly<Record<string, string | string[]>>) =>
  createAnswerHeaders(headers, { given: { 'x-given': 'yes' }, usual: {} }, () => undefined);

const usual = { 'x-given': 'yes', 'cache-control': 'no-store', vary: 'Cookie' };

test.for([
  ...[
    'set-cookie',
    'clear-site-data',
    'strict-transport-security',
    'server',
    'alt-svc',
    'refresh',
    'x-request-id',
  ],
  ...['access-control-allow-origin', 'access-control-allow-credentials', 'proxy-authenticate'],
  ...['nel', 'report-to', 'reporting-endpoints', 'service-worker-allowed', 'public-key-pins'],
  ...['surrogate-control', 'cdn-cache-control', 'cloudflare-cdn-cache-control', 'x-accel-expires'],
  ...['x-accel-redirect', 'x-sendfile', 'x-given'],
])('the upstream’s %s does not reach the browser', (name) => {
  expect(answerTo({ [name]: 'theirs' })).toEqual(usual);
});

test.for([
  ['public, max-age=60', 'private, max-age=60'],
  ['PUBLIC', 'private'],
  ['s-maxage=60,public ,immutable', 'private, immutable'],
  ['private="x, public", max-age=1', 'private, max-age=1'],
  ['max-age=60, no-store', 'no-store'],
  [',', 'private'],
] as const)('an answer that says Cache-Control: %s is nobody else’s', ([theirs, told]) => {
  expect(answerTo({ 'cache-control': theirs })['cache-control']).toBe(told);
});

test('Connection of an upstream does not strip our own headers', () => {
  const headers = { connection: 'x-given, cache-control, vary, x-extra', 'x-extra': 'named' };
  expect(answerTo({ ...headers, 'cache-control': 'public' })).toEqual({
    ...usual,
    'cache-control': 'private',
  });
});
