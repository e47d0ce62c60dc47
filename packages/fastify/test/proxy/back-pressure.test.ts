import { once } from 'node:events';
import { type IncomingMessage, request as requestHttp } from 'node:http';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { expect, test } from 'vitest';
import { startBff } from '../kit/start-bff.ts';
import { startUpstream } from '../kit/start-upstream.ts';

const piece = Buffer.alloc(64 * 1024, 7);
const pieces = 1024;
const size = piece.length * pieces;

/** A body that counts how much of it has been taken. */
const createBody = () => {
  let taken = 0;
  const body = Readable.from(
    (function* () {
      for (; taken < size; taken += piece.length) yield piece;
    })(),
    { objectMode: false },
  );
  return { body, taken: () => taken };
};

/** Waits until nothing more is taken; returns how much that was. */
const untilStill = async (taken: () => number): Promise<number> => {
  let before = -1;
  await expect
    .poll(
      () => {
        const isStill = taken() > 0 && taken() === before;
        before = taken();
        return isStill;
      },
      { interval: 200, timeout: 10_000 },
    )
    .toBe(true);
  return before;
};

const weigh = async (stream: IncomingMessage): Promise<number> => {
  let weight = 0;
  for await (const chunk of stream) weight += chunk.length;
  return weight;
};

test('a browser that does not read holds the upstream up, then gets everything', async () => {
  const { body, taken } = createBody();
  await using upstream = await startUpstream((_request, response) => {
    void pipeline(body, response);
  });
  await using bff = await startBff({
    apiRoutes: [{ prefix: '/api/a', upstream: upstream.url, auth: 'none' }],
  });
  const asking = requestHttp(`${bff.url}/api/a`, { agent: false }).end();
  const [answer] = await once(asking, 'response');
  expect(await untilStill(taken)).toBeLessThan(size / 2);
  expect(await weigh(answer)).toBe(size);
});

test('an upstream that does not read holds the browser up, then gets everything', async () => {
  const goOn = Promise.withResolvers<void>();
  await using upstream = await startUpstream(async (request, response) => {
    await goOn.promise;
    response.end(String(await weigh(request)));
  });
  await using bff = await startBff({
    apiMaxBody: size,
    apiRoutes: [{ prefix: '/api/a', upstream: upstream.url, auth: 'none' }],
  });
  const { body, taken } = createBody();
  const asking = requestHttp(`${bff.url}/api/a`, { method: 'PUT', agent: false, headers: { 'x-csrf': '1' } });
  const answered = once(asking, 'response');
  const sent = pipeline(body, asking);
  expect(await untilStill(taken)).toBeLessThan(size / 2);
  goOn.resolve();
  await sent;
  const [answer] = await answered;
  expect(String(await answer.toArray())).toBe(String(size));
});
