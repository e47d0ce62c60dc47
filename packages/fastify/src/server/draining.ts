import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import { paths } from '@foyer/contract';
import type { FastifyInstance } from 'fastify';

/** A load balancer that probes readiness has asked within this time. */
const probeWindowMs = 70_000;
/** Failed probes before the server closes: many load balancers act on the third in a row. */
const failedProbes = 3;
/** Time without a request after which the load balancer has stopped sending them. */
const idleMs = 1000;
const pollIntervalMs = 50;

const isProbe = ({ url = '' }: IncomingMessage): boolean => {
  const path = url.split('?', 1)[0] ?? '';
  return path.endsWith(paths.ready) || path.endsWith(paths.health);
};

/**
 * Reports not-ready first, and lets a closing server take requests until the load balancer has noticed: `/readyz` has failed
 * three times, and no request has come for a second. Without a load balancer that probes `/readyz` the server closes at once.
 *
 * @param timeout seconds after which the server closes in any case; 0 closes at once.
 * @returns whether the server is ready for more requests. A call counts as a probe of a load balancer.
 */
export const createDraining = (app: FastifyInstance, timeout: number): (() => boolean) => {
  let asked = Number.NEGATIVE_INFINITY;
  let isClosing = false;
  let reported = 0;

  const untilNoticed = async (): Promise<void> => {
    const start = performance.now();
    let last = start;
    const note = (request: IncomingMessage): void => {
      if (!isProbe(request)) last = performance.now();
    };
    app.server.on('request', note);
    const isOver = (now: number): boolean =>
      now - start >= timeout * 1000 || (reported >= failedProbes && now - last >= idleMs);
    while (!isOver(performance.now())) await wait(pollIntervalMs);
    app.server.off('request', note);
  };

  app.addHook('preClose', async () => {
    isClosing = true;
    const isWatched = performance.now() - asked < probeWindowMs;
    if (isWatched && app.server.listening) await untilNoticed();
  });
  return () => {
    asked = performance.now();
    if (isClosing) reported += 1;
    return !isClosing;
  };
};

const checkIntervalMs = 50;
/** Time for the first request of a connection that has had none. */
const firstRequestMs = 500;

/** Closes idle connections at a shutdown: those kept alive after a request, and those opened ahead and never used. */
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
