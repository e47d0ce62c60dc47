import { createServer, type ServerResponse } from 'node:http';
import { readSettings } from './listen.ts';

const answers: Readonly<Record<string, string>> = {
  '/small': JSON.stringify({ name: 'Ada Lovelace', orders: [1, 2, 3] }),
  '/large': JSON.stringify({ text: 'x'.repeat(64 * 1024 - 11) }),
};

/** Milliseconds between two events of a stream. */
const interval = 2;

const sendEvents = (response: ServerResponse): void => {
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  const timer = setInterval(() => response.write('data: {"order":1}\n\n'), interval);
  response.once('close', () => clearInterval(timer));
};

createServer((request, response) => {
  if (request.url === '/events') return sendEvents(response);
  const answer = answers[request.url ?? ''] ?? '{}';
  const headers = { 'content-type': 'application/json', 'content-length': Buffer.byteLength(answer) };
  return response.writeHead(200, headers).end(answer);
}).listen(readSettings().port, '127.0.0.1');
