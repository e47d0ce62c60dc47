import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import { expect, test } from 'vitest';
import { sendLoad } from '../src/load.ts';
import { countEvents } from '../src/streams.ts';

const startServer = async (status: number, write: (response: ServerResponse) => void) => {
  let requests = 0;
  const server = createServer((_request, response) => {
    requests += 1;
    response.statusCode = status;
    write(response);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('There is no port');
  return {
    port: address.port,
    requests: () => requests,
    [Symbol.asyncDispose]: async () => {
      server.close();
      server.closeAllConnections();
    },
  };
};

const pace = { milliseconds: 50, connections: 3 };

test('every request that the server has seen is counted, whatever the framing', async () => {
  await using sized = await startServer(200, (response) => response.end('x'.repeat(100_000)));
  expect((await sendLoad({ port: sized.port, path: '/' }, pace)).requests).toBe(sized.requests());
  await using chunked = await startServer(200, (response) => {
    response.write('one');
    response.end('two');
  });
  expect((await sendLoad({ port: chunked.port, path: '/' }, pace)).requests).toBe(chunked.requests());
});

test('an answer with another status ends the measurement', async () => {
  await using server = await startServer(500, (response) => response.end('no'));
  await expect(sendLoad({ port: server.port, path: '/' }, pace)).rejects.toThrow('wanted 200');
});

test('every event of every stream is counted', async () => {
  await using server = await startServer(200, (response) => response.write('data: 1\n\ndata: 2\n\n'));
  expect(await countEvents({ port: server.port, path: '/' }, { ...pace, milliseconds: 1000 })).toBe(
    2 * pace.connections,
  );
});
