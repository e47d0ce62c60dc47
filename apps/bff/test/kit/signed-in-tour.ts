import { once } from 'node:events';
import { createServer, type Server, type ServerResponse } from 'node:http';
import { connectRaw, createBrowser, type RawConnection } from '@foyer/testkit';
import { vi } from 'vitest';

const piece = 'a'.repeat(16_384);

/** What an API in trouble does with a request, by its path. */
const troubles: Readonly<Record<string, (response: ServerResponse) => void>> = {
  '/reset': ({ socket }) => socket?.resetAndDestroy(),
  '/nonsense': ({ socket }) => socket?.end('nonsense\r\n\r\n'),
  '/half': (response) => {
    response.writeHead(200, { 'content-length': 2 * piece.length });
    response.write(piece, () => response.socket?.resetAndDestroy());
  },
  '/silent': () => undefined,
};

/** An API that answers every request without end or in trouble, takes every upload, and opens every WebSocket. */
export const startEndlessUpstream = async (): Promise<Server> => {
  const server = createServer((request, response) => {
    request.resume();
    const trouble = troubles[request.url ?? ''];
    if (trouble !== undefined) return trouble(response);
    const more = (): void => {
      while (!response.destroyed && response.write(piece));
    };
    if (request.url === '/short') response.end('ok');
    else {
      response.on('drain', more);
      more();
    }
  });
  server.on('upgrade', (_request, socket) => {
    socket.on('error', () => undefined);
    socket.write('HTTP/1.1 101 Switching Protocols\r\nupgrade: websocket\r\nconnection: upgrade\r\n\r\n');
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return server;
};

const signIn = async (url: string): Promise<string> => {
  const browser = createBrowser();
  await browser.visit(`${url}/login`, { from: `${url}/` });
  await browser.submit({ button: 'Ada Lovelace' });
  return browser
    .cookies(url)
    .map(({ name, value }) => `${name}=${value}`)
    .join('; ');
};

const closing = 'Connection: close\r\n';
const upgrade = 'Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n';

/** Sends a request and waits for the first of its answer, which has to be this status. */
const begin = async (port: number, text: string, status: number): Promise<RawConnection> => {
  const connection = connectRaw(port);
  connection.send(text);
  await vi.waitFor(
    () => {
      if (!connection.received().startsWith(`HTTP/1.1 ${status} `))
        throw new Error(`Not ${status}: ${connection.received().slice(0, 200)}`);
    },
    { timeout: 10_000, interval: 5 },
  );
  return connection;
};

/**
 * Signs in, calls an API until `hasRefreshed` (where given), leaves an upload, a download, an event stream and a WebSocket half way, and
 * signs out under another event stream and another WebSocket, which hear of it.
 */
export const takeSignedInTour = async (url: string, hasRefreshed = () => true): Promise<void> => {
  const port = Number(new URL(url).port);
  const head = `Host: x\r\nX-CSRF: 1\r\nCookie: ${await signIn(url)}\r\n`;
  const get = (path: string, more = closing): string => `GET ${path} HTTP/1.1\r\n${head}${more}\r\n`;
  do (await begin(port, get('/api/things/short'), 200))[Symbol.dispose]();
  while (!hasRefreshed());
  const left = await Promise.all([
    begin(port, get('/api/things/endless'), 200),
    begin(port, get('/api/me/events'), 200),
    begin(port, get('/api/things/live', upgrade), 101),
  ]);
  using upload = connectRaw(port);
  upload.send(`POST /api/things/short HTTP/1.1\r\n${head}Content-Length: 60000\r\n\r\nhalf of it`);
  for (const connection of left) connection[Symbol.dispose]();
  using stream = await begin(port, get('/api/me/events'), 200);
  using socket = await begin(port, get('/api/things/live', upgrade), 101);
  (await begin(port, `POST /logout HTTP/1.1\r\n${head}${closing}Content-Length: 0\r\n\r\n`, 303))[
    Symbol.dispose
  ]();
  if (!(await stream.closed).includes('signed-out')) throw new Error('The stream did not hear of the end.');
  await socket.closed;
};
