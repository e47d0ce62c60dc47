import type { IncomingHttpHeaders } from 'node:http';
import { expect, test } from 'vitest';
import { createAnswerHeaders } from '../../src/proxy/answer-headers.ts';
import { createUpstreamHeaders } from '../../src/proxy/upstream-headers.ts';

const createHeaders = createUpstreamHeaders('https://app.example');
const from = { requestId: 'request-id-1', ip: '192.0.2.1' };

const ours = {
  'x-request-id': 'request-id-1',
  traceparent: expect.stringMatching(/^00-[0-9a-f]{32}-[0-9a-f]{16}-00$/),
  'x-forwarded-for': '192.0.2.1',
  'x-forwarded-proto': 'https',
  'x-forwarded-host': 'app.example',
};

test.for([
  ...['x-forwarded-for', 'x-forwarded-host', 'x-forwarded-prefix', 'x-real-ip', 'forwarded', 'authorization'],
  ...['x_forwarded_for', 'x_real_ip', 'x_request-id', 'proxy-authorization', 'proxy_connection'],
  ...['x-original-url', 'x-rewrite-url', 'x_original_url', 'x-http-method-override', 'x-method-override'],
  ...['remote-user', 'x-auth-request-user', 'x-user', 'x-user-id', 'x-forwarded', 'x-amzn-oidc-data'],
  ...['x-ms-client-principal', 'ssl-client-verify', 'cf-connecting-ip', 'x-remote-user', 'x_user_id'],
  ...['cookie', 'dpop', 'te', 'upgrade', 'expect', 'keep-alive', 'transfer-encoding', 'trailer'],
])('the %s of a browser does not reach the upstream', (name) => {
  expect(createHeaders({ [name]: 'forged' }, from, [name])).toEqual(ours);
});

test.for([
  ...[
    'accept',
    'accept-language',
    'content-type',
    'content-encoding',
    'if-none-match',
    'range',
    'user-agent',
  ],
  ...[
    'prefer',
    'x-requested-with',
    'tracestate',
    'baggage',
    'last-event-id',
    'idempotency-key',
    'x-csrf-token',
  ],
  ...['apollo-require-preflight', 'sec-websocket-protocol', 'tus-resumable', 'upload-offset', 'hx-request'],
])('%s is an ordinary header and passes', (name) => {
  const { traceparent } = { traceparent: '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01' };
  expect(createHeaders({ [name]: 'own', traceparent }, from, [])).toEqual({
    ...ours,
    traceparent,
    [name]: 'own',
  });
});

test('a header that no one knows passes only where its route says so', () => {
  expect(createHeaders({ 'x-tenant': 'one' }, from, [])).toEqual(ours);
  expect(createHeaders({ 'x-tenant': 'one' }, from, ['x-tenant'])).toEqual({ ...ours, 'x-tenant': 'one' });
});

test('whatever Connection names, our own headers reach the upstream and what it names does not', () => {
  const headers = {
    connection: 'close, X-Extra, authorization, x-forwarded-for, X-Request-Id, traceparent',
    'x-extra': 'named',
    accept: 'text/plain',
  };
  expect(createHeaders(headers, from, ['x-extra'])).toEqual({ ...ours, accept: 'text/plain' });
});

const answerTo = (headers: Readonly<Record<string, string | string[]>>, status = 200) =>
  createAnswerHeaders(headers, { given: { 'x-given': 'yes' }, status, translate: () => undefined });

const sandboxed = "default-src 'none'; form-action 'none'; base-uri 'none'; frame-ancestors 'self'; sandbox";
const defaults = {
  'x-given': 'yes',
  'cache-control': 'no-store',
  vary: 'Cookie',
  'content-security-policy': [sandboxed],
};

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
  expect(answerTo({ [name]: 'theirs' })).toEqual(defaults);
});

test.for([
  ['public, max-age=60', 'private, max-age=60'],
  ['PUBLIC', 'private'],
  ['s-maxage=60,public ,immutable', 'private, immutable'],
  ['private="x, public", max-age=1', 'private, max-age=1'],
  ['max-age=60, no-store', 'no-store'],
  [',', 'private'],
] as const)('an answer that says Cache-Control: %s is private to its user', ([theirs, expected]) => {
  expect(answerTo({ 'cache-control': theirs })['cache-control']).toBe(expected);
});

test('Connection of an upstream does not strip our own headers', () => {
  const headers = { connection: 'x-given, cache-control, vary, x-extra', 'x-extra': 'named' };
  expect(answerTo({ ...headers, 'cache-control': 'public' })).toEqual({
    ...defaults,
    'cache-control': 'private',
  });
});

test.for([
  ...[
    'text/html; charset=utf-8',
    'application/xhtml+xml',
    'image/svg+xml',
    'text/xml',
    'application/atom+xml',
  ],
  ...['multipart/x-mixed-replace', 'TEXT/HTML', ''],
])('a document of type %j is in a sandbox', (type) => {
  expect(answerTo({ 'content-type': type })['content-security-policy']).toEqual([sandboxed]);
});

test.for(['application/pdf', 'image/png', 'application/json', 'text/plain', 'text/event-stream'])(
  'an answer of type %s has the policy without the sandbox, beside the upstream’s own',
  (type) => {
    const own = sandboxed.replace('; sandbox', '');
    const theirs = "script-src 'none'";
    const headers = { 'content-type': type, 'content-security-policy': theirs };
    expect(answerTo(headers)['content-security-policy']).toEqual([own, theirs]);
  },
);

test('a 204 has no length, whatever the upstream says', () => {
  expect(answerTo({ 'content-length': '5' }, 204)).toEqual(defaults);
  expect(answerTo({ 'content-length': '5' }, 304)['content-length']).toBe('5');
});

test('thousands of names in Connection are looked at once', () => {
  const names = Array.from({ length: 11_000 }, (_, index) => `n${index}`).join();
  const headers = Object.fromEntries(Array.from({ length: 1000 }, (_, index) => [`accept-${index}`, 'x']));
  const bestOf = {
    many: Number.POSITIVE_INFINITY,
    named: Number.POSITIVE_INFINITY,
    both: Number.POSITIVE_INFINITY,
  };
  const measure = (of: keyof typeof bestOf, given: IncomingHttpHeaders): void => {
    const start = performance.now();
    createHeaders(given, from, []);
    bestOf[of] = Math.min(bestOf[of], performance.now() - start);
  };
  // The best of many rounds: a loaded machine does not slow every one of them down.
  for (let round = 0; round < 30; round += 1) {
    measure('many', { ...headers, connection: 'n0' });
    measure('named', { connection: names });
    measure('both', { ...headers, connection: names });
  }
  expect(bestOf.both).toBeLessThan(3 * (bestOf.many + bestOf.named));
});
