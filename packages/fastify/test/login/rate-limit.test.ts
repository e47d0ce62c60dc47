import rateLimit from '@fastify/rate-limit';
import { askRaw, startRedis } from '@foyer/testkit';
import { expect, onTestFinished, test, vi } from 'vitest';
import { openSessionStore } from '../../src/index.ts';
import { groupAddress } from '../../src/logging/client-address.ts';
import { type RunningBff, startBff } from '../kit/start-bff.ts';

test.for([
  ['192.0.2.7', '192.0.2.7'],
  ['::ffff:192.0.2.7', '192.0.2.7'],
  ['::FFFF:c000:207', '192.0.2.7'],
  ['2001:db8::1', '2001:db8:0:0::/64'],
  ['2001:db8::2', '2001:db8:0:0::/64'],
  ['2001:0DB8:0:0:ffff:ffff:ffff:ffff', '2001:db8:0:0::/64'],
  ['2001:db8:0:1::1', '2001:db8:0:1::/64'],
  ['1:2:3:4:5:6:7:8', '1:2:3:4::/64'],
  ['::1', '0:0:0:0::/64'],
  ['::', '0:0:0:0::/64'],
  ['fe80::1%eth0', 'fe80:0:0:0::/64'],
  ['unknown', undefined],
  ['203.0.113.7:51234', '203.0.113.7'],
  ['[2001:db8::1]:443', '2001:db8:0:0::/64'],
  ['[2001:db8::1]', '2001:db8:0:0::/64'],
  ['[fe80::1%25eth0]:443', 'fe80:0:0:0::/64'],
  ['"203.0.113.7:51234"', '203.0.113.7'],
  ['"[2001:db8::1]"', '2001:db8:0:0::/64'],
  ['_hidden', undefined],
  ['203.0.113.7:', undefined],
  ['', undefined],
] as const)('the address %s counts as %s', ([ip, group]) => {
  expect(groupAddress(ip)).toBe(group);
});

const ask = async ({ url }: RunningBff, headers: string, target = 'GET /login'): Promise<number> => {
  const port = Number(new URL(url).port);
  return (await askRaw(port, `${target} HTTP/1.1\r\nHost: localhost:${port}\r\n${headers}\r\n`)).status;
};

const from = (text: string): string => `X-Forwarded-For: ${text}\r\n`;

test('without a trusted proxy a forged X-Forwarded-For buys nothing', async () => {
  await using bff = await startBff({ rateLimitLogin: 2 });
  const statuses: number[] = [];
  for (const address of ['192.0.2.1', '192.0.2.2', '192.0.2.3', '2001:db8::1'])
    statuses.push(await ask(bff, `${from(address)}X-Real-IP: ${address}\r\nForwarded: for=${address}\r\n`));
  expect(statuses).toEqual([303, 303, 429, 429]);
});

test('behind a trusted proxy each client is counted by the address that the proxy adds at the end', async () => {
  await using bff = await startBff({ rateLimitLogin: 1 }, { trustProxy: ['127.0.0.1'] });
  expect(await ask(bff, from('192.0.2.1'))).toBe(303);
  expect(await ask(bff, from('192.0.2.2'))).toBe(303);
  expect(await ask(bff, from('203.0.113.9, 192.0.2.1'))).toBe(429);
  expect(await ask(bff, from('127.0.0.1, 192.0.2.2'))).toBe(429);
});

test('behind a trusted proxy a client of one /64 is one client, however it writes its addresses', async () => {
  await using bff = await startBff({ rateLimitLogin: 1 }, { trustProxy: ['127.0.0.1'] });
  expect(await ask(bff, from('2001:db8::1'))).toBe(303);
  expect(await ask(bff, from('2001:db8::ffff:2'))).toBe(429);
  expect(await ask(bff, from('2001:DB8:0:0:1:2:3:4'))).toBe(429);
  expect(await ask(bff, from('2001:db8:0:1::1'))).toBe(303);
});

test.for([
  '10.0.0.2:2222',
  '[10.0.0.2]',
  '"10.0.0.2"',
  '::ffff:10.0.0.2',
  '[fd00::2]:443',
  'fd00::2%eth0',
  '',
])('a trusted proxy that is written as “%s” is passed over', async (proxy) => {
  await using bff = await startBff(
    { rateLimitLogin: 1 },
    { trustProxy: ['127.0.0.1', '10.0.0.0/8', 'fd00::/8'] },
  );
  expect(await ask(bff, from(`192.0.2.1:1111, ${proxy}`))).toBe(303);
  expect(await ask(bff, from(`192.0.2.2:1111, ${proxy}`))).toBe(303);
  expect(await ask(bff, from(`192.0.2.2:1112, ${proxy}, `))).toBe(429);
});

test('a malformed address counts as the proxy’s own', async () => {
  await using bff = await startBff({ rateLimitLogin: 1 }, { trustProxy: ['127.0.0.1'] });
  expect(await ask(bff, from('unknown'))).toBe(303);
  expect(await ask(bff, from(`junk-${'x'.repeat(1000)}`))).toBe(429);
});

test('login, callback and back-channel logout count together, other routes do not', async () => {
  await using bff = await startBff({ rateLimitLogin: 3 });
  expect(await ask(bff, '')).toBe(303);
  expect(await ask(bff, '', 'GET /login/callback?state=x&code=y')).toBe(400);
  expect(await ask(bff, 'Content-Length: 0\r\n', 'POST /logout/backchannel')).toBe(400);
  expect(await ask(bff, '')).toBe(429);
  expect(await ask(bff, '', 'GET /login/callback?state=x&code=y')).toBe(429);
  expect(await ask(bff, 'Content-Length: 0\r\n', 'POST /logout/backchannel')).toBe(429);
  expect(await ask(bff, '', 'GET /api/me')).toBe(200);
  expect(await ask(bff, '', 'GET /healthz')).toBe(200);
});

test('a minute later the client may again', async () => {
  vi.useFakeTimers({ toFake: ['Date'] });
  onTestFinished(() => {
    vi.useRealTimers();
  });
  await using bff = await startBff({ rateLimitLogin: 1 });
  expect([await ask(bff, ''), await ask(bff, '')]).toEqual([303, 429]);
  vi.setSystemTime(Date.now() + 60_001);
  expect(await ask(bff, '')).toBe(303);
});

test('a malformed address is logged once', async () => {
  await using bff = await startBff({}, { trustProxy: ['127.0.0.1'] });
  await ask(bff, from('unknown'));
  await ask(bff, from('unknown'));
  expect(bff.log.filter(({ event }) => event === 'client_address_unreadable')).toHaveLength(1);
});

test('two replicas on one Redis share one limit', async () => {
  await using redis = await startRedis();
  const stores = await Promise.all([openSessionStore(redis.url), openSessionStore(redis.url)]);
  onTestFinished(async () => {
    await Promise.all(stores.map((store) => store.close()));
  });
  const [sessionStore, another] = stores;
  await using first = await startBff({ rateLimitLogin: 3, sessionStore });
  await using second = await startBff({ rateLimitLogin: 3, sessionStore: another });
  expect(await ask(first, '')).toBe(303);
  expect(await ask(second, '')).toBe(303);
  expect(await ask(first, '')).toBe(303);
  expect(await ask(second, '')).toBe(429);
  expect(await ask(first, '')).toBe(429);
});

test('a host’s own @fastify/rate-limit and ours count apart', async () => {
  await using bff = await startBff({ rateLimitLogin: 2 }, {}, '', (app) => {
    void app.register(rateLimit, { global: false });
    app.after(() => {
      app.get('/theirs', { config: { rateLimit: { max: 1 } } }, async () => 'theirs');
    });
  });
  const logins = [await ask(bff, ''), await ask(bff, ''), await ask(bff, '')];
  expect(logins).toEqual([303, 303, 429]);
  expect(await ask(bff, '', 'GET /theirs')).toBe(200);
  expect(await ask(bff, '', 'GET /theirs')).toBe(429);
  expect(await ask(bff, '', 'GET /api/me')).toBe(200);
});
