import type { FastifyInstance } from 'fastify';
import type { Observe } from './observation.ts';

/** Reports every finished request of the scope, by its route's pattern. */
export const observeRequests = (scope: FastifyInstance, observe: Observe): void => {
  scope.addHook('onResponse', (request, reply, done) => {
    observe({
      kind: 'request',
      method: request.method,
      route: request.routeOptions.url ?? 'none',
      status: reply.statusCode,
      seconds: reply.elapsedTime / 1000,
    });
    done();
  });
};
