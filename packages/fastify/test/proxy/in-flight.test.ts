import { connectRaw } from '@foyer/testkit';
import { expect, test } from 'vitest';
import { cookieHeader } from '../kit/bent-login.ts';
import { signIn, startBff } from '../kit/start-bff.ts';
import { startUpstream } from '../kit/start-upstream.ts';

test('thousands of pipelined calls on one connection hold up no one else, and few of them go on', async () => {
  await using upstream = await startUpstream(() => undefined);
  await using bff = await startBff({
    apiRoutes: [{ prefix: '/api/a', upstream: upstream.url, auth: 'none', timeout: 1 }],
  });
  using client = connectRaw(Number(new URL(bff.url).port));
  client.send('GET /api/a HTTP/1.1\r\nHost: x\r\n\r\n'.repeat(12_000));
  await expect.poll(() => upstream.seen.length).toBeGreaterThan(0);
  const durations: number[] = [];
  for (let call = 0; call < 10; call += 1) {
    const start = performance.now();
    expect((await fetch(`${bff.url}/healthz`)).status).toBe(200);
    durations.push(performance.now() - start);
  }
  // The median: on a machine that runs other tests too, one of them may wait for a processor.
  expect(durations.sort((one, other) => one - other)[5]).toBeLessThan(200);
  expect(upstream.openConnections()).toBeLessThanOrEqual(64);
});

test('a call beyond what one connection may have in flight is 503 with Retry-After', async () => {
  const answers: (() => void)[] = [];
  await using upstream = await startUpstream((_request, response) => answers.push(() => response.end('ok')));
  await using bff = await startBff({
    apiRoutes: [{ prefix: '/api/a', upstream: upstream.url, auth: 'none' }],
  });
  using client = connectRaw(Number(new URL(bff.url).port));
  client.send('GET /api/a HTTP/1.1\r\nHost: x\r\n\r\n'.repeat(65));
  await expect.poll(() => answers.length).toBe(64);
  for (const answer of answers) answer();
  await expect.poll(client.received).toContain('"code":"rate_limited"');
  expect(client.received()).toMatch(/HTTP\/1\.1 503 [\s\S]*retry-after: 1\r\n/i);
  expect(client.received().match(/HTTP\/1\.1 200 /g)).toHaveLength(64);
});

test('calls of a session that has its share wait for it, and others are answered meanwhile', async () => {
  const held: (() => void)[] = [];
  await using upstream = await startUpstream(({ url }, response) => {
    if (url === '/quick') response.end('quick');
    else held.push(() => response.end('slow'));
  });
  await using bff = await startBff({ apiRoutes: [{ prefix: '/api/a', upstream: upstream.url }] });
  const [ada, other] = [await signIn(bff), await signIn(bff)];
  const ask = async ({ browser }: typeof ada, path: string): Promise<string> =>
    (await fetch(`${bff.url}/api/a${path}`, { headers: { cookie: cookieHeader(browser, bff) } })).text();
  const calls = Array.from({ length: 110 }, () => ask(ada, '/slow'));
  await expect.poll(() => held.length).toBe(100);
  expect(await ask(other, '/quick')).toBe('quick');
  expect(held).toHaveLength(100);
  for (const answer of held.splice(0)) answer();
  await expect.poll(() => held.length).toBe(10);
  for (const answer of held) answer();
  expect(new Set(await Promise.all(calls))).toEqual(new Set(['slow']));
});
