import type { Socket } from 'node:net';
import type { FastifyInstance } from 'fastify';

const interval = 50;
/** Milliseconds for a request that is on its way over a connection that has never had one. */
const grace = 500;

/**
 * Lets a shutdown not wait for connections that have nothing to do: kept alive after their last request, or opened
 * ahead by a browser and never used.
 */
export const closeIdleConnections = (app: FastifyInstance): void => {
  const open = new Set<Socket>();
  app.server.on('connection', (socket: Socket) => {
    open.add(socket);
    socket.once('close', () => open.delete(socket));
  });
  app.addHook('preClose', async () => {
    const start = performance.now();
    const timer = setInterval(() => {
      app.server.closeIdleConnections();
      if (performance.now() - start < grace) return;
      for (const socket of open) if (socket.bytesRead === 0) socket.destroy();
    }, interval);
    timer.unref();
    app.server.once('close', () => clearInterval(timer));
  });
};
