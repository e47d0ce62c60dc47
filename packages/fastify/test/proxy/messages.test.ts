import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fastifyStatic from '@fastify/static';
import { askRaw, connectRaw } from '@foyer/testkit';
import Fastify from 'fastify';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type RunningBff, startBff } from '../kit/start-bff.ts';
import { startRawUpstream, startUpstream } from '../kit/start-upstream.ts';

const files = Fastify();
let folder: string;
let ofFiles: RunningBff;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'foyer-files-'));
  await writeFile(join(folder, 'letters.txt'), 'abcdefghij');
  await files.register(fastifyStatic, { root: folder });
  const upstream = await files.listen({ port: 0, host: '127.0.0.1' });
  ofFiles = await startBff({ apiRoutes: [{ prefix: '/api/files', upstream, auth: 'none' }] });
});

afterAll(async () => {
  await ofFiles[Symbol.asyncDispose]();
  await files.close();
  await rm(folder, { recursive: true });
});

const ask = (headers: Readonly<Record<string, string>> = {}, method = 'GET'): Promise<Response> =>
  fetch(`${ofFiles.url}/api/files/letters.txt`, { method, headers });

const startBefore = (upstream: string): Promise<RunningBff> =>
  startBff({ apiRoutes: [{ prefix: '/api/a', upstream, auth: 'none' }] });

const portOf = ({ url }: RunningBff): number => Number(new URL(url).port);

test('HEAD answers as GET would, without a body', async () => {
  const [head, get] = await Promise.all([ask({}, 'HEAD'), ask()]);
  expect([head.status, await head.text()]).toEqual([200, '']);
  for (const name of ['content-length', 'content-type', 'etag', 'last-modified'])
    expect([name, head.headers.get(name)]).toEqual([name, get.headers.get(name)]);
  expect(await get.text()).toBe('abcdefghij');
});

test('a range is answered as a range, one beyond the end with 416', async () => {
  const part = await ask({ range: 'bytes=2-4' });
  expect([part.status, part.headers.get('content-range'), await part.text()]).toEqual([
    206,
    'bytes 2-4/10',
    'cde',
  ]);
  const beyond = await ask({ range: 'bytes=20-' });
  expect([beyond.status, beyond.headers.get('content-range')]).toEqual([416, 'bytes */10']);
});

test('what the browser has already is answered with 304', async () => {
  const { headers } = await ask();
  for (const condition of [
    `If-None-Match: ${headers.get('etag')}`,
    `If-Modified-Since: ${headers.get('last-modified')}`,
  ]) {
    const answer = await askRaw(
      portOf(ofFiles),
      `GET /api/files/letters.txt HTTP/1.1\r\nHost: x\r\n${condition}\r\n\r\n`,
    );
    expect([answer.status, answer.body]).toEqual([304, '']);
  }
});

test('OPTIONS is the upstream’s to answer', async () => {
  await using upstream = await startUpstream(({ method }, response) =>
    response.writeHead(204, { allow: `GET, ${method}` }).end(),
  );
  await using bff = await startBefore(upstream.url);
  const answer = await fetch(`${bff.url}/api/a`, { method: 'OPTIONS' });
  expect([answer.status, answer.headers.get('allow')]).toEqual([204, 'GET, OPTIONS']);
});

test('Expect: 100-continue is answered here, and the body follows', async () => {
  await using upstream = await startUpstream((request, response) => request.pipe(response));
  await using bff = await startBefore(upstream.url);
  using client = connectRaw(portOf(bff));
  client.send(
    'PUT /api/a HTTP/1.1\r\nHost: x\r\nX-CSRF: 1\r\nConnection: close\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n',
  );
  await expect.poll(client.received).toBe('HTTP/1.1 100 Continue\r\n\r\n');
  client.send('hello');
  expect(await client.closed).toMatch(/\r\n\r\nHTTP\/1\.1 200 OK\r\n[\s\S]*hello/);
  expect(upstream.seen[0]?.headers.expect).toBeUndefined();
});

test('trailers are dropped both ways', async () => {
  await using upstream = await startUpstream((request, response) => {
    request.resume().once('end', () => {
      response.writeHead(200, { trailer: 'x-late' });
      response.write('answer');
      response.addTrailers({ 'x-late': 'secret' });
      response.end();
    });
  });
  await using bff = await startBefore(upstream.url);
  const { status, headers, body } = await askRaw(
    portOf(bff),
    'POST /api/a HTTP/1.1\r\nHost: x\r\nX-CSRF: 1\r\nTE: trailers\r\nTrailer: x-late\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\nX-Late: secret\r\n\r\n',
  );
  expect([status, body]).toEqual([200, '6\r\nanswer\r\n0\r\n\r\n']);
  expect(headers.map(([name]) => name)).not.toContain('trailer');
  const [got] = upstream.seen;
  expect([got?.headers.trailer, got?.headers.te, got?.rawTrailers]).toEqual([undefined, undefined, []]);
});

const goOn = 'HTTP/1.1 100 Continue\r\nX-More: yes\r\n\r\n';
const plainAnswer = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok';

test.for([
  ['before the answer', [goOn + plainAnswer]],
  ['twice, around another', [`${goOn}HTTP/1.1 102 Processing\r\n\r\n${goOn}`, plainAnswer]],
  ['byte by byte', [...(goOn + plainAnswer)]],
] as const)('a 100 Continue that no one asked for is passed over: %s', async ([, pieces]) => {
  await using upstream = await startRawUpstream(async (socket) => {
    socket.setNoDelay(true);
    for (const piece of pieces) {
      await new Promise((resolve) => socket.write(piece, resolve));
      await new Promise(setImmediate);
    }
  });
  await using bff = await startBefore(upstream.url);
  const { status, headers, body } = await askRaw(portOf(bff), 'GET /api/a HTTP/1.1\r\nHost: x\r\n\r\n');
  expect([status, body]).toEqual([200, 'ok']);
  expect(headers.map(([name]) => name)).not.toContain('x-more');
});

test('a 100 Continue before every answer spoils no upload, no body that looks like one, and no connection', async () => {
  let connections = 0;
  await using upstream = await startUpstream((request, response) => {
    if (request.socket.bytesWritten === 0) connections += 1;
    response.writeContinue();
    request.pipe(response);
  });
  await using bff = await startBefore(upstream.url);
  for (const body of ['hello', goOn, 'x'.repeat(300_000), goOn]) {
    const answer = await fetch(`${bff.url}/api/a`, { method: 'POST', body, headers: { 'x-csrf': '1' } });
    expect([answer.status, await answer.text()]).toEqual([200, body]);
  }
  expect(connections).toBe(1);
});

test('answers before the answer stay here', async () => {
  await using upstream = await startRawUpstream((socket) =>
    socket.write(
      'HTTP/1.1 102 Processing\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </x>; rel=preload\r\nSet-Cookie: a=b\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok',
    ),
  );
  await using bff = await startBefore(upstream.url);
  const { status, headers, body } = await askRaw(portOf(bff), 'GET /api/a HTTP/1.1\r\nHost: x\r\n\r\n');
  expect([status, body]).toEqual([200, 'ok']);
  expect(headers.map(([name]) => name)).not.toContain('link');
});

test('server-sent events pass one by one, as they are sent', async () => {
  const { promise: asked, resolve } = Promise.withResolvers<(event: string) => void>();
  await using upstream = await startUpstream((_request, response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' }).flushHeaders();
    resolve((event) => response.write(`data: ${event}\n\n`));
  });
  await using bff = await startBefore(upstream.url);
  const answer = await fetch(`${bff.url}/api/a`);
  expect(answer.headers.get('content-type')).toBe('text/event-stream');
  const send = await asked;
  const reader = answer.body?.getReader();
  for (const event of ['one', 'two', 'three']) {
    send(event);
    const piece = await reader?.read();
    expect(Buffer.from(piece?.value ?? []).toString()).toBe(`data: ${event}\n\n`);
  }
  await reader?.cancel();
});

test('a connection serves one request after another', async () => {
  await using upstream = await startUpstream((request, response) => {
    request.resume().once('end', () => response.end(request.url));
  });
  await using bff = await startBefore(upstream.url);
  using client = connectRaw(portOf(bff));
  for (const path of ['one', 'two', 'three']) {
    client.send(`POST /api/a/${path} HTTP/1.1\r\nHost: x\r\nX-CSRF: 1\r\nContent-Length: 2\r\n\r\nhi`);
    await expect.poll(client.received).toContain(`/${path}`);
  }
  expect(upstream.openConnections()).toBe(1);
});
