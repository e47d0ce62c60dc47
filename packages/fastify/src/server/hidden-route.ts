import type { FastifyInstance, FastifySchema } from 'fastify';

/** Route options of a route that the description of an API leaves out. */
interface HiddenRoute {
  readonly schema?: FastifySchema & { readonly hide?: boolean };
}

/** Keeps a route of ours out of the description of the host's own API, as @fastify/swagger makes it. */
export const hiddenRoute = (scope: FastifyInstance): HiddenRoute =>
  scope.hasDecorator('swagger') ? { schema: { hide: true } } : {};
