import type { IncomingMessage } from 'node:http';
import { setTimeout as wait } from 'node:timers/promises';
import { paths } from '@foyer/contract';
import type { FastifyInstance } from 'fastify';

/** How a server takes leave of the balancer before it. */
export interface Draining {
  /** Whether more people may be sent here. Asking is noted: whoever asks is a balancer. */
  readonly takesMore: () => boolean;
}

/** Milliseconds after which somebody who looks after readiness has asked again. */
const attention = 70_000;
/** How often a balancer is told: many believe only the third failure in a row. */
const enough = 3;
/** Milliseconds without a request after which a balancer that was told is believed to have turned away. */
const quiet = 1000;
const interval = 50;

const isProbe = ({ url = '' }: IncomingMessage): boolean =>
  [paths.ready, paths.health].some((path) => url.split('?', 1)[0] === path);

/**
 * Lets a server that is asked to close go on taking requests until the balancer before it has noticed: `/readyz` has told
 * it three times, and no request has come for a second. Where nobody asks, nothing is waited for.
 *
 * @param timeout seconds after which the server closes all the same; 0 for at once.
 */
export const createDraining = (app: FastifyInstance, timeout: number): Draining => {
  let asked = Number.NEGATIVE_INFINITY;
  let isClosing = false;
  let told = 0;

  const untilNoticed = async (): Promise<void> => {
    const start = performance.now();
    let last = start;
    const note = (request: IncomingMessage): void => {
      if (!isProbe(request)) last = performance.now();
    };
    app.server.on('request', note);
    const isOver = (now: number): boolean =>
      now - start >= timeout * 1000 || (told >= enough && now - last >= quiet);
    while (!isOver(performance.now())) await wait(interval);
    app.server.off('request', note);
  };

  app.addHook('preClose', async () => {
    isClosing = true;
    const isWatched = performance.now() - asked < attention;
    if (isWatched && app.server.listening) await untilNoticed();
  });
  return {
    takesMore: () => {
      asked = performance.now();
      if (isClosing) told += 1;
      return !isClosing;
    },
  };
};
