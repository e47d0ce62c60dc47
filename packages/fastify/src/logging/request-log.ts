import type { Server } from 'node:http';
import fastify, { type FastifyHttpOptions, type onResponseHookHandler } from 'fastify';

/** The path of a request, without its query: a login's code comes back in one. */
export const pathOf = (url: string): string => url.split('?', 1)[0] ?? '';

/**
 * Options for `Fastify()`: its own two lines a request, which contain the query, are off, and every line of a request
 * has its `requestId`. The newest Fastify 5 wants a controller for that, the oldest has the option alone.
 *
 * @see https://fastify.dev/docs/latest/Reference/Logging/
 */
export const createRequestLogOptions = (): FastifyHttpOptions<Server> => {
  const settings = { disableRequestLogging: true, requestIdLogLabel: 'requestId' };
  return 'LogController' in fastify ? { logController: new fastify.LogController(settings) } : settings;
};

/** An `onResponse` hook: one line for each finished request, at level `info`. The duration is in milliseconds. */
export const logRequest: onResponseHookHandler = (request, reply, done) => {
  request.log.info(
    {
      method: request.method,
      route: request.routeOptions.url ?? pathOf(request.url),
      status: reply.statusCode,
      duration: Math.round(reply.elapsedTime * 100) / 100,
    },
    'request',
  );
  done();
};
