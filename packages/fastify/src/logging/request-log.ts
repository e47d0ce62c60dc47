import { randomBytes } from 'node:crypto';
import type { IncomingMessage, Server } from 'node:http';
import fastify, { type FastifyHttpOptions, type onResponseHookHandler } from 'fastify';

const wellFormedId = /^[A-Za-z0-9_-]{8,64}$/;

/** Makes random texts of so many bytes: one call for many random bytes costs less than many calls. */
export const createRandomTexts = (bytes: number, encoding: 'base64url' | 'hex'): (() => string) => {
  const length = Buffer.alloc(bytes).toString(encoding).length;
  let pool = '';
  let next = 0;
  return () => {
    if (next === pool.length) {
      pool = randomBytes(512 * bytes).toString(encoding);
      next = 0;
    }
    next += length;
    return pool.slice(next - length, next);
  };
};

/** 12 random bytes, base64url. */
export const createRequestId = createRandomTexts(12, 'base64url');

/** The request's own id where it is well formed, else a new one. */
export const readRequestId = (request: { readonly headers: IncomingMessage['headers'] }): string => {
  const brought = request.headers['x-request-id'];
  return typeof brought === 'string' && wellFormedId.test(brought) ? brought : createRequestId();
};

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
