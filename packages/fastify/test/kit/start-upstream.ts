import { once } from 'node:events';
import { createServer, type IncomingMessage, type RequestListener } from 'node:http';
import { createServer as createTcpServer, type Server, type Socket } from 'node:net';

/** An API behind the BFF, on a free port. */
interface Upstream {
  readonly url: string;
  /** How many connections are open now. */
  readonly openConnections: () => number;
  readonly [Symbol.asyncDispose]: () => Promise<void>;
}

/** One that speaks HTTP, and every request that it got. */
export interface HttpUpstream extends Upstream {
  readonly seen: readonly IncomingMessage[];
}

const startOn = async (server: Server): Promise<Upstream> => {
  const sockets = new Set<Socket>();
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined).once('close', () => sockets.delete(socket));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return {
    url: `http://127.0.0.1:${address.port}`,
    openConnections: () => sockets.size,
    [Symbol.asyncDispose]: async () => {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
};

/** Starts an upstream that answers as `listener` does. */
export const startUpstream = async (listener: RequestListener): Promise<HttpUpstream> => {
  const seen: IncomingMessage[] = [];
  const server = createServer((request, response) => {
    seen.push(request);
    listener(request, response);
  });
  return { ...(await startOn(server)), seen };
};

/** Starts an upstream that answers the first bytes of each connection with whatever `answer` writes. */
export const startRawUpstream = (answer: (socket: Socket) => unknown): Promise<Upstream> =>
  startOn(createTcpServer((socket) => socket.once('data', () => answer(socket))));
