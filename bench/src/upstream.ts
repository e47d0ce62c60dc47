import { createServer, type ServerResponse } from 'node:http';
import { freePort } from '@foyer/testkit';

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

/**
 * Starts the API behind the proxies, in the process of the load: it is as awake, and no proxy pays for waking it. Gives
 * back its origin and the way to stop it.
 */
export const startUpstream = async (): Promise<{ readonly origin: string; readonly stop: () => void }> => {
  const port = await freePort();
  const server = createServer((request, response) => {
    if (request.url === '/events') return sendEvents(response);
    const answer = answers[request.url ?? ''] ?? '{}';
    const headers = { 'content-type': 'application/json', 'content-length': Buffer.byteLength(answer) };
    return response.writeHead(200, headers).end(answer);
  });
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  return {
    origin: `http://127.0.0.1:${port}`,
    stop: () => {
      server.close();
      server.closeAllConnections();
    },
  };
};
