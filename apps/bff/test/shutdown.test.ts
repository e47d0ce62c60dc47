import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { text } from 'node:stream/consumers';
import { setTimeout as wait } from 'node:timers/promises';
import { connectRaw, findRedis, freePort } from '@foyer/testkit';
import { expect, test } from 'vitest';
import { WebSocket, WebSocketServer } from 'ws';
import { startBalancer } from './kit/start-balancer.ts';
import { askWho, type Replica, startReplicas } from './kit/start-replicas.ts';

const startApi = async (answer: (request: IncomingMessage, response: ServerResponse) => Promise<void>) => {
  let begun = 0;
  const server = createServer((request, response) => {
    begun += 1;
    void answer(request, response);
  }).listen(0, '127.0.0.1');
  const sockets = new WebSocketServer({ server });
  await once(server, 'listening');
  const address = server.address();
  return {
    /** How many requests have come. */
    begun: () => begun,
    url: `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`,
    [Symbol.dispose]: () => {
      for (const socket of sockets.clients) socket.terminate();
      server.closeAllConnections();
      server.close();
    },
  };
};

/** Takes its time for the whole body of a request, for its answer, and half way through it. */
const answerSlowly = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
  const body = await text(request);
  await wait(150);
  response.write(`first half of ${body}, `);
  await wait(150);
  response.end('second half');
};

const whole = (body: string): string => `first half of ${body}, second half`;

/** What comes for sure, and late where much else runs. */
const patiently = { timeout: 40_000 };

const exitOf = async (replica: Replica): Promise<readonly unknown[]> => {
  const ended = once(replica.child(), 'exit');
  replica.signal('SIGTERM');
  return ended;
};

test('SIGTERM under load: every request that came is answered in full, streams and WebSockets are asked to come back, exit 0', async () => {
  using api = await startApi(answerSlowly);
  await using replicas = await startReplicas({
    store: 'sqlite',
    apiUpstream: api.url,
    variables: { SHUTDOWN_TIMEOUT: '40s' },
  });
  const [one] = replicas.all;
  const cookie = await replicas.signIn();
  const events = await fetch(`${one.url}/api/me/events`, { headers: { cookie } });
  const socket = new WebSocket(`${one.url}/api/things`, { headers: { cookie }, origin: one.url });
  await once(socket, 'open');
  const farewell = once(socket, 'close');
  const calls = Array.from({ length: 40 }, async (_none, at) => {
    const body = `call ${at}`;
    const answer = await fetch(`${one.url}/api/things`, {
      method: 'POST',
      headers: { cookie, 'x-csrf': '1' },
      body,
    });
    return [answer.status, await answer.text()];
  });
  using upload = connectRaw(Number(new URL(one.url).port));
  upload.send(
    `POST /api/things HTTP/1.1\r\nhost: x\r\ncookie: ${cookie}\r\nx-csrf: 1\r\ncontent-length: 8\r\n\r\nhalf`,
  );
  await expect.poll(api.begun, patiently).toBe(calls.length + 1);
  const exit = exitOf(one);
  await expect.poll(() => one.output(), patiently).toContain('"event":"stopping"');
  upload.send('half');
  expect(await Promise.all(calls)).toEqual(calls.map((_call, at) => [200, whole(`call ${at}`)]));
  expect(await upload.closed).toMatch(/^HTTP\/1\.1 200 .*first half of halfhalf, .*second half/s);
  expect(await events.text()).toMatch(/retry: 1000\n\n$/);
  expect((await farewell)[0]).toBe(1012);
  expect(await exit).toEqual([0, null]);
});

test('what outlives SHUTDOWN_TIMEOUT is cut, and the exit is 0 all the same', async () => {
  using api = await startApi(() => new Promise(() => undefined));
  await using replicas = await startReplicas({
    store: 'sqlite',
    apiUpstream: api.url,
    variables: { SHUTDOWN_TIMEOUT: '500ms' },
  });
  const [one] = replicas.all;
  const cookie = await replicas.signIn();
  const call = fetch(`${one.url}/api/things`, { headers: { cookie } }).catch(() => 'cut');
  await expect.poll(api.begun, patiently).toBe(1);
  const start = performance.now();
  expect(await exitOf(one)).toEqual([0, null]);
  expect(performance.now() - start).toBeLessThan(8000);
  expect(await call).toBe('cut');
  expect(one.output()).toContain('"event":"stopped_late"');
});

test.for(findRedis() === undefined ? [] : ['redis' as const])(
  'a store on %s that hangs does not keep a process from its end',
  async (store) => {
    await using replicas = await startReplicas({ store, variables: { SHUTDOWN_TIMEOUT: '500ms' } });
    const cookie = await replicas.signIn();
    replicas.redis?.pause();
    const call = askWho(replicas.all[0], cookie).catch(() => undefined);
    expect(await exitOf(replicas.all[0])).toEqual([0, null]);
    await call;
  },
);

test('two replicas are restarted in turn under load: not one request fails', async () => {
  using api = await startApi(answerSlowly);
  const port = await freePort();
  await using replicas = await startReplicas({
    store: 'sqlite',
    apiUpstream: api.url,
    balancerPort: port,
    variables: { SHUTDOWN_TIMEOUT: '40s' },
  });
  const targets = replicas.all.map(({ url }) => url);
  await using balancer = await startBalancer(port, targets);
  await expect.poll(balancer.ready, patiently).toEqual(targets);
  const { url } = replicas;
  const cookie = await replicas.signIn();
  const outcomes = new Set<string>();
  let isOver = false;
  const repeat = async (what: string, act: () => Promise<string>): Promise<void> => {
    while (!isOver) {
      const outcome = `${what}: ${await act().catch(String)}`;
      outcomes.add(outcome);
      await wait(10); // The balancer lives in this process too: it has to find its turn.
    }
  };
  const acts: Readonly<Record<string, () => Promise<string>>> = {
    me: async () => String((await askWho({ url }, cookie)).isSignedIn),
    page: async () => String((await fetch(url)).status),
    login: async () => String((await fetch(`${url}/login`, { redirect: 'manual' })).status),
    call: async () => {
      const headers = { cookie, 'x-csrf': '1' };
      const answer = await fetch(`${url}/api/things`, { method: 'POST', headers, body: 'x' });
      return `${answer.status} ${await answer.text()}`;
    },
  };
  const load = Object.entries(acts).map(([what, act]) => repeat(what, act));
  for (const replica of replicas.all) {
    expect(await exitOf(replica)).toEqual([0, null]);
    await replica.restart();
    await expect.poll(balancer.ready, patiently).toEqual(targets);
  }
  isOver = true;
  await Promise.all(load);
  expect(balancer.failures).toEqual([]);
  expect([...outcomes].sort()).toEqual([`call: 200 ${whole('x')}`, 'login: 303', 'me: true', 'page: 200']);
}, 120_000);
