import { once } from 'node:events';
import { connect } from 'node:net';
import Fastify, { type FastifyInstance } from 'fastify';
import { expect, test } from 'vitest';
import {
  createHeadWriter,
  createReadySender,
  type HeaderList,
  type ReadyAnswer,
} from '../../src/browser-security/ready-answer.ts';
import { prepareResponseHeaders } from '../../src/browser-security/response-headers.ts';

const ready: ReadyAnswer = {
  status: 200,
  headers: ['content-type', 'text/plain', 'vary', 'Cookie'],
  body: 'h\u00e9llo',
  length: 6,
  encoding: 'utf8',
};

const started = async (
  answer: Partial<ReadyAnswer> = {},
  given: (app: FastifyInstance) => void = () => undefined,
  usual: HeaderList = ['x-usual', 'one'],
): Promise<FastifyInstance> => {
  const app = Fastify({ genReqId: () => 'an-id' });
  const send = createReadySender(createHeadWriter());
  given(app);
  app.get('/', (_request, reply) => {
    send(reply, usual, { ...ready, ...answer });
    return reply;
  });
  await app.listen({ host: '127.0.0.1', port: 0 });
  return app;
};

/** What comes over the wire for two requests in a row on one connection. */
const readTwice = async (app: FastifyInstance): Promise<readonly string[]> => {
  const { port } = new URL(app.listeningOrigin);
  const socket = connect(Number(port), '127.0.0.1').setEncoding('utf8');
  const answers: string[] = [];
  for (const connection of ['keep-alive', 'close']) {
    socket.write(`GET / HTTP/1.1\r\nHost: localhost\r\nConnection: ${connection}\r\n\r\n`);
    const [text] = await once(socket, 'data');
    answers.push(String(text));
  }
  socket.destroy();
  await app.close();
  return answers;
};

test('head and body come in one piece, with each header once, and the connection goes on', async () => {
  const app = await started();
  for (const text of await readTwice(app)) {
    const [head = '', body] = text.split('\r\n\r\n');
    const [line, ...headers] = head.split('\r\n');
    expect(line).toBe('HTTP/1.1 200 OK');
    const names = headers.map((header) => header.split(':', 1)[0]?.toLowerCase());
    expect(names.toSorted()).toEqual(
      ['connection', 'content-length', 'content-type', 'date', 'vary', 'x-request-id', 'x-usual']
        .concat(names.includes('keep-alive') ? ['keep-alive'] : [])
        .toSorted(),
    );
    expect(headers).toEqual(expect.arrayContaining(['x-usual: one', 'x-request-id: an-id', 'vary: Cookie']));
    expect(body).toBe('h\u00e9llo');
  }
});

test('what else the reply was given comes along, and vary names all that the answer depends on', async () => {
  const app = await started({}, (given) => {
    given.addHook('onRequest', (_request, reply, done) => {
      reply.headers({ vary: 'Origin', 'x-usual': 'another', 'x-given': 'yes' });
      reply.header('set-cookie', ['a=1', 'b=2']);
      done();
    });
  });
  const { headers } = await fetch(app.listeningOrigin);
  expect(headers.get('vary')).toBe('Origin, Cookie');
  expect(headers.get('x-usual')).toBe('one');
  expect(headers.get('x-given')).toBe('yes');
  expect(headers.getSetCookie()).toEqual(['a=1', 'b=2']);
  await app.close();
});

test('a response of another kind is given the same headers', async () => {
  const app = await started();
  const { headers, body } = await app.inject('/');
  expect(headers).toMatchObject({ 'x-usual': 'one', vary: 'Cookie', 'content-length': '6' });
  expect(body).toBe('h\u00e9llo');
  await app.close();
});

test.each([
  ['x-bad', 'a\r\nset-cookie: b=1'],
  ['x bad\r\nx', 'a'],
])('a list that would add headers of its own is refused: %j', async (name, value) => {
  const app = await started({}, undefined, [name, value]);
  const { status, headers } = await fetch(app.listeningOrigin);
  expect([status, headers.getSetCookie()]).toEqual([500, []]);
  await app.close();
});

test('an answer without a body has no length', async () => {
  const app = await started({ status: 304, body: undefined, length: undefined });
  const [first] = await readTwice(app);
  expect(first).toMatch(/^HTTP\/1\.1 304 Not Modified\r\n/);
  expect(first).not.toMatch(/content-length|transfer-encoding/i);
});

test.each([200, 201])(
  'an answer from elsewhere with status %i has our headers, each once, over its own',
  async (status) => {
    const app = Fastify({ genReqId: () => 'an-id' });
    const headers = prepareResponseHeaders({ 'x-usual': 'one' }, () => "default-src 'none'");
    app.get('/', (_request, reply) => {
      const { given } = headers.of(reply.header('x-given', 'yes').header('x-usual', 'two'));
      headers.begin(reply.hijack(), status, {
        ...given,
        'x-usual': 'three',
        link: ['<a>', '<b>'],
        age: 1,
        gone: undefined,
      });
      reply.raw.end();
    });
    await app.listen({ host: '127.0.0.1', port: 0 });
    const [first = ''] = await readTwice(app);
    const lines = first
      .split('\r\n')
      .filter((line) => !/^(date|connection|keep-alive|transfer-encoding):|^0?$/i.test(line));
    expect(lines.toSorted()).toEqual(
      [
        status === 200 ? 'HTTP/1.1 200 OK' : 'HTTP/1.1 201 Created',
        ...['x-usual: one', "content-security-policy: default-src 'none'", 'x-request-id: an-id'],
        ...['x-given: yes', 'link: <a>', 'link: <b>', 'age: 1'],
      ].toSorted(),
    );
  },
);

test('who asks for leave to send a body gets the same answer', async () => {
  const app = await started();
  const { port } = new URL(app.listeningOrigin);
  const socket = connect(Number(port), '127.0.0.1').setEncoding('utf8');
  socket.write('GET / HTTP/1.1\r\nHost: localhost\r\nExpect: 100-continue\r\nConnection: close\r\n\r\n');
  let text = '';
  for await (const piece of socket) text += String(piece);
  expect(text).toMatch(/^HTTP\/1\.1 100 Continue\r\n\r\nHTTP\/1\.1 200 OK\r\n/);
  expect(text).toMatch(/x-usual: one\r\n[\s\S]*h\u00e9llo$/);
  await app.close();
});
