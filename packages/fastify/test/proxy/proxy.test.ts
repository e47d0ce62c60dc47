import { freePort } from '@foyer/testkit';
import { expect, test } from 'vitest';
import type { ApiRoute } from '../../src/options.ts';
import { type RunningBff, signIn, startBff } from '../kit/start-bff.ts';
import { startUpstream } from '../kit/start-upstream.ts';

const startBefore = (upstream: string, route: Partial<ApiRoute> = {}): Promise<RunningBff> =>
  startBff({ apiRoutes: [{ prefix: '/api/users', upstream: `${upstream}/v1/users`, ...route }] });

const codeOf = async (answer: Response): Promise<string> => JSON.parse(await answer.text()).code;

const cookieOf = async (bff: RunningBff): Promise<string> => {
  const { browser } = await signIn(bff);
  const pairs = browser.cookies(bff.url).map(({ name, value }) => `${name}=${value}`);
  return pairs.join('; ');
};

test('the upstream gets the access token, not the cookie or the browser’s authorization', async () => {
  await using upstream = await startUpstream((_request, response) => {
    response
      .writeHead(200, { 'set-cookie': 'a=b', server: 'x', 'access-control-allow-origin': '*' })
      .end('ok');
  });
  await using bff = await startBefore(upstream.url);
  const cookie = await cookieOf(bff);
  const answer = await fetch(`${bff.url}/api/users/1?q=%20a+b&&c`, {
    headers: { cookie, authorization: 'Basic eA==', 'x-forwarded-for': '9.9.9.9' },
  });
  expect([answer.status, await answer.text()]).toEqual([200, 'ok']);
  expect(answer.headers.getSetCookie()).toEqual([]);
  expect(answer.headers.get('server')).toBeNull();
  expect(answer.headers.get('access-control-allow-origin')).toBeNull();
  expect(answer.headers.get('cache-control')).toBe('no-store');
  const [got] = upstream.seen;
  expect(got?.url).toBe('/v1/users/1?q=%20a+b&&c');
  expect(got?.headers.authorization).toMatch(/^Bearer ./);
  expect(got?.headers.cookie).toBeUndefined();
  expect(got?.headers['x-forwarded-for']).toMatch(/^(127\.0\.0\.1|::1)$/);
  expect(got?.headers['x-request-id']).toBe(answer.headers.get('x-request-id'));
});

test('a visitor without a session gets JSON and no redirect; the upstream’s own 401 passes', async () => {
  await using upstream = await startUpstream((_request, response) => response.writeHead(401).end('theirs'));
  await using bff = await startBefore(upstream.url);
  const cookie = await cookieOf(bff);
  const ask = (headers: Record<string, string>) =>
    fetch(`${bff.url}/api/users`, { headers, redirect: 'manual' });
  const stranger = await ask({});
  expect([stranger.status, await codeOf(stranger)]).toEqual([401, 'unauthenticated']);
  const stale = await ask({ cookie: cookie.replaceAll(/=[^;]+/g, '=x') });
  expect([stale.status, await codeOf(stale)]).toEqual([401, 'session_expired']);
  expect(upstream.seen).toEqual([]);
  const theirs = await ask({ cookie });
  expect([theirs.status, await theirs.text()]).toEqual([401, 'theirs']);
});

test('wrong methods, other sites and large bodies are refused', async () => {
  await using upstream = await startUpstream((_request, response) => response.end());
  await using bff = await startBff({
    apiMaxBody: 4,
    apiRoutes: [{ prefix: '/api/a', upstream: upstream.url, auth: 'none', methods: ['GET', 'POST'] }],
  });
  const wrong = await fetch(`${bff.url}/api/a`, { method: 'PUT', headers: { 'x-csrf': '1' } });
  expect([wrong.status, wrong.headers.get('allow')]).toEqual([405, 'GET, POST']);
  const foreign = await fetch(`${bff.url}/api/a`, {
    method: 'POST',
    headers: { origin: 'http://evil.example' },
  });
  expect(foreign.status).toBe(403);
  const large = await fetch(`${bff.url}/api/a`, {
    method: 'POST',
    headers: { 'x-csrf': '1' },
    body: '12345',
  });
  expect([large.status, await codeOf(large)]).toEqual([413, 'payload_too_large']);
  expect((await fetch(`${bff.url}/api/a/%2e%2e%2fb`)).status).toBe(400);
  expect((await fetch(`${bff.url}/api/ab`)).status).toBe(404);
  expect(upstream.seen).toEqual([]);
});

test('an upstream that is down is 502, a slow one 504, and neither is named', async () => {
  await using upstream = await startUpstream(() => {});
  const down = `http://127.0.0.1:${await freePort()}`;
  await using bff = await startBff({
    apiRoutes: [
      { prefix: '/api/down', upstream: down, auth: 'none' },
      { prefix: '/api/slow', upstream: upstream.url, auth: 'none', timeout: 0.1 },
    ],
  });
  const answers = await Promise.all(['down', 'slow'].map((name) => fetch(`${bff.url}/api/${name}`)));
  expect(answers.map(({ status }) => status)).toEqual([502, 504]);
  for (const answer of answers) expect(await answer.text()).not.toContain('127.0.0.1');
});

test('an answer streams, and a browser that goes away aborts the upstream', async () => {
  const gone = Promise.withResolvers<void>();
  await using upstream = await startUpstream((_request, response) => {
    response.write('first');
    response.once('close', () => gone.resolve());
  });
  await using bff = await startBefore(upstream.url, { auth: 'none' });
  const leave = new AbortController();
  const answer = await fetch(`${bff.url}/api/users`, { signal: leave.signal });
  const piece = await answer.body?.getReader().read();
  expect(Buffer.from(piece?.value ?? []).toString()).toBe('first');
  leave.abort();
  await gone.promise;
});

test('the first piece of a short answer does not wait for the last', async () => {
  const arrived = Promise.withResolvers<void>();
  await using upstream = await startUpstream(async (_request, response) => {
    response.writeHead(200, { 'content-length': '9' }).write('first');
    await arrived.promise;
    response.end('last');
  });
  await using bff = await startBefore(upstream.url, { auth: 'none' });
  const answer = await fetch(`${bff.url}/api/users`);
  const pieces: string[] = [];
  for await (const piece of answer.body ?? []) {
    pieces.push(Buffer.from(piece).toString());
    arrived.resolve();
  }
  expect(pieces).toEqual(['first', 'last']);
});

const upload = (url: string, pieces: readonly string[]): Promise<Response> =>
  fetch(url, {
    method: 'POST',
    headers: { 'x-csrf': '1', 'content-type': 'application/json' },
    body: ReadableStream.from(pieces.map((piece) => Buffer.from(piece))),
    duplex: 'half',
  });

test('an upload arrives as it was sent', async () => {
  await using upstream = await startUpstream((request, response) => request.pipe(response));
  await using bff = await startBff({
    apiMaxBody: 4,
    apiRoutes: [{ prefix: '/api/a', upstream: upstream.url, auth: 'none' }],
  });
  expect(await (await upload(`${bff.url}/api/a`, ['{', ' }'])).text()).toBe('{ }');
});

test('a streamed upload beyond the limit is 413', async () => {
  await using upstream = await startUpstream((request, response) => {
    request.resume().once('end', () => response.end());
  });
  await using bff = await startBff({
    apiMaxBody: 4,
    apiRoutes: [{ prefix: '/api/a', upstream: upstream.url, auth: 'none' }],
  });
  const answer = await upload(`${bff.url}/api/a`, ['123', '456']);
  expect([answer.status, await codeOf(answer)]).toEqual([413, 'payload_too_large']);
});

test('an answer cut half way cuts the browser off', async () => {
  await using upstream = await startUpstream((_request, response) => {
    response.write('first', () => response.destroy());
  });
  await using bff = await startBefore(upstream.url, { auth: 'none' });
  const answer = await fetch(`${bff.url}/api/users`);
  await expect(answer.text()).rejects.toThrow();
});
