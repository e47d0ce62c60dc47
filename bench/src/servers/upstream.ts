import { createServer } from 'node:http';
import { readSettings } from './listen.ts';

const answers: Readonly<Record<string, string>> = {
  '/small': JSON.stringify({ name: 'Ada Lovelace', orders: [1, 2, 3] }),
  '/large': JSON.stringify({ text: 'x'.repeat(64 * 1024 - 11) }),
};

createServer((request, response) => {
  const answer = answers[request.url ?? ''] ?? '{}';
  const headers = { 'content-type': 'application/json', 'content-length': Buffer.byteLength(answer) };
  response.writeHead(200, headers).end(answer);
}).listen(readSettings().port, '127.0.0.1');
