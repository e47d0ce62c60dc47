import { createServer } from 'node:http';
import { readSettings } from './listen.ts';

const { port, answer } = readSettings();
const headers = {
  'content-type': 'application/json; charset=utf-8',
  'content-length': Buffer.byteLength(answer),
};

createServer((_request, response) => response.writeHead(200, headers).end(answer)).listen(port, '127.0.0.1');
