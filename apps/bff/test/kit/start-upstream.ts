import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders } from 'node:http';

/** Starts an API that answers `ok` to everything, and shows `see` the headers of what it is asked. */
export const startUpstream = async (
  see: (headers: IncomingHttpHeaders) => unknown = () => undefined,
): Promise<{ readonly url: string; readonly [Symbol.dispose]: () => void }> => {
  const server = createServer(({ headers }, response) => {
    see(headers);
    response.end('ok');
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  return {
    url: `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`,
    [Symbol.dispose]: () => {
      server.closeAllConnections();
      server.close();
    },
  };
};
