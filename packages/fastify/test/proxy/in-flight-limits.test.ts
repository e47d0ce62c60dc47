import { Socket } from 'node:net';
import { expect, test } from 'vitest';
import { createInFlightLimits, type InFlightNumbers } from '../../src/proxy/in-flight-limits.ts';

const start = (numbers: Partial<InFlightNumbers>) => {
  const limits = createInFlightLimits({ waitMs: 60_000, ...numbers });
  const order: string[] = [];
  const enter = (
    sessionId: string,
    { connection = new Socket(), upstream = 'http://api', isWebSocket = false } = {},
  ) => {
    const place = limits.enter(connection);
    const started = place.start({ sessionId, upstream, isWebSocket }).then(() => order.push(sessionId));
    return { leave: place.leave, started };
  };
  const settled = async (): Promise<string> => {
    await new Promise(setImmediate);
    return order.join(' ');
  };
  return { enter, settled };
};

const busy = expect.objectContaining({ code: 'rate_limited', status: 503, retryAfter: 1 });

test('one connection holds as many requests as it may, and more when some are answered', () => {
  const { enter } = start({ perConnection: 2 });
  const connection = new Socket();
  const first = enter('ada', { connection });
  enter('ada', { connection });
  expect(() => enter('ada', { connection })).toThrow(busy);
  enter('ada');
  first.leave();
  first.leave();
  enter('ada', { connection });
  expect(() => enter('ada', { connection })).toThrow(busy);
});

test('requests beyond a session’s or an upstream’s share wait, those of others do not', async () => {
  const { enter, settled } = start({ perSession: 1, perUpstream: 2 });
  const first = enter('ada');
  enter('ada');
  enter('grace');
  enter('mary');
  enter('mary', { upstream: 'http://other' });
  expect(await settled()).toBe('ada grace mary');
  first.leave();
  expect(await settled()).toBe('ada grace mary ada');
});

test('clients that wait are served in turn, however many requests one of them has', async () => {
  const { enter, settled } = start({ perUpstream: 1 });
  const held = enter('first');
  const waiting = [enter('ada'), enter('ada'), enter('grace'), enter('mary')];
  held.leave();
  for (const index of [0, 2, 3, 1]) {
    await settled();
    waiting[index]?.leave();
  }
  expect(await settled()).toBe('first ada grace mary ada');
});

test('a full queue refuses, for one client and for one upstream', async () => {
  const { enter } = start({ perUpstream: 1, waitingPerClient: 2, waitingPerUpstream: 3 });
  for (const session of ['ada', 'ada', 'ada']) enter(session);
  await expect(enter('ada').started).rejects.toEqual(busy);
  enter('grace');
  await expect(enter('mary').started).rejects.toEqual(busy);
  enter('mary', { upstream: 'http://other' });
});

test('a request that waits for too long is refused, and its place is not lost', async () => {
  const { enter, settled } = start({ perUpstream: 1, waitMs: 10 });
  const first = enter('ada');
  const late = enter('grace');
  await expect(late.started).rejects.toEqual(busy);
  late.leave();
  first.leave();
  enter('mary');
  expect(await settled()).toBe('ada mary');
});

test('a request that leaves while it waits settles, and takes no place', async () => {
  const { enter, settled } = start({ perUpstream: 1 });
  const first = enter('ada');
  const gone = enter('grace');
  gone.leave();
  await gone.started;
  first.leave();
  enter('mary');
  expect(await settled()).toBe('ada grace mary');
});

test('a session has fewer WebSockets than requests, and its calls and other sessions go on', async () => {
  const { enter, settled } = start({ perSession: 4, webSocketsPerSession: 2 });
  const isWebSocket = true;
  const first = enter('ada', { isWebSocket });
  enter('ada', { isWebSocket });
  await expect(enter('ada', { isWebSocket }).started).rejects.toEqual(busy);
  enter('ada');
  enter('grace', { isWebSocket });
  first.leave();
  first.leave();
  enter('ada', { isWebSocket });
  await expect(enter('ada', { isWebSocket }).started).rejects.toEqual(busy);
  expect(await settled()).toBe('ada ada ada grace ada');
});
