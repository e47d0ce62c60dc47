import { readdirSync, readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { readSettings } from './listen.ts';

const { port, source } = readSettings();
const files = new Map(
  readdirSync(source, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => {
      const path = join(parentPath, name);
      return [path.slice(source.length).replace(/^\/index\.html$/, '/'), readFileSync(path)] as const;
    }),
);

createServer((request, response) => {
  const body = files.get(request.url ?? '') ?? '';
  response.writeHead(200, { 'content-length': body.length, etag: '"1"' }).end(body);
}).listen(port, '127.0.0.1');
