import type { Socket } from 'node:net';
import type { FastifyInstance } from 'fastify';

const checkIntervalMs = 50;
/** Time for the first request of a connection that has had none. */
const firstRequestMs = 500;

/**
 * Closes idle connections at a shutdown: those kept alive after their last request, and those that a browser opened
 * ahead and never used.
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
      if (performance.now() - start < firstRequestMs) return;
      for (const socket of open) if (socket.bytesRead === 0) socket.destroy();
    }, checkIntervalMs);
    timer.unref();
    app.server.once('close', () => clearInterval(timer));
  });
};
