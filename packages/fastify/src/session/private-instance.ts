import Fastify, { type FastifyInstance } from 'fastify';

const refuseSchema = (): never => {
  throw new TypeError('No route of this instance has a schema');
};

/**
 * A Fastify instance without routes for a plugin that we use: in a host that registered the same plugin, its decorators
 * would collide. Fastify's own compilers of schemas, a sixth of all that a start loads, are left out.
 */
export const createPrivateInstance = (): FastifyInstance =>
  Fastify({
    schemaController: { compilersFactory: { buildValidator: refuseSchema, buildSerializer: refuseSchema } },
  });
